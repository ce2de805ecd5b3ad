#!/usr/bin/env python3
"""Writes schedules.json: factors of learning rates by torch.optim.lr_scheduler, the base rate being 1.

Each list holds the rate of update 0, 1, 2, ..., with scheduler.step() called after every update. The plateaus are told
the figures that stand beside their factors. Run with PyTorch 2.15 from PyPI:

    python schedules.py > schedules.json
"""
import json
import math
import random
import warnings

import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, ExponentialLR, LambdaLR, LinearLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR,
)

warnings.simplefilter("ignore")  # of SequentialLR about its own calls


def optimizer(lr=1.0):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=lr)


def warmup(opt, n, then):
    return SequentialLR(opt, [LinearLR(opt, start_factor=1 / n, total_iters=n - 1), then(opt)], milestones=[n])


SCHEDULES = {
    "constant": lambda o: LambdaLR(o, lambda _: 0.5),
    "step": lambda o: StepLR(o, step_size=7, gamma=0.3),
    "exponential": lambda o: ExponentialLR(o, gamma=0.93),
    "cosine": lambda o: CosineAnnealingLR(o, T_max=50),
    "cosine with a floor": lambda o: CosineAnnealingLR(o, T_max=50, eta_min=0.1),
    "warm-up, constant": lambda o: warmup(o, 8, lambda o: LambdaLR(o, lambda _: 1.0)),
    "warm-up, cosine": lambda o: warmup(o, 8, lambda o: CosineAnnealingLR(o, T_max=42)),
    "one cycle": lambda o: OneCycleLR(o, max_lr=1.0, total_steps=51, cycle_momentum=False),
    "one cycle, all settings": lambda o: OneCycleLR(
        o, max_lr=1.0, total_steps=51, pct_start=0.45, div_factor=10, final_div_factor=50, cycle_momentum=False),
}

out = {"torch": torch.__version__, "schedules": {}, "figures": [], "plateaus": {}}
for name, make in SCHEDULES.items():
    opt = optimizer()
    scheduler = make(opt)
    rates = [opt.param_groups[0]["lr"]]
    for _ in range(50):
        opt.step()
        scheduler.step()
        rates.append(opt.param_groups[0]["lr"])
    out["schedules"][name] = rates

random.seed(1)
figures = [math.exp(-k / 20) + 0.05 * random.random() for k in range(60)]
out["figures"] = figures
PLATEAUS = {
    "default threshold": dict(patience=2, threshold=1e-4, threshold_mode="rel"),
    "impatient": dict(patience=0, factor=0.5, threshold=0, threshold_mode="abs"),
    "absolute": dict(patience=2, factor=0.5, threshold=0.02, threshold_mode="abs"),
    "relative": dict(patience=2, factor=0.5, threshold=0.05, threshold_mode="rel"),
    "cooling": dict(patience=1, factor=0.7, threshold=0.02, threshold_mode="abs", cooldown=4),
    "floor": dict(patience=0, factor=0.3, threshold=0.05, threshold_mode="abs", min_lr=0.01),
}
for name, settings in PLATEAUS.items():
    opt = optimizer()
    scheduler = ReduceLROnPlateau(opt, eps=0, **settings)
    rates = []
    for figure in figures:
        scheduler.step(figure)
        rates.append(opt.param_groups[0]["lr"])
    out["plateaus"][name] = rates
print(json.dumps(out, indent=1))
