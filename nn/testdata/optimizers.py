#!/usr/bin/env python3
"""Writes optimizers.json: what PyTorch's optimizers make of three numbers in 50 steps, in float64.

The loss is (w0 - 3)^2 + 5 (w1 + 1)^2 + w0 w1 / 4 + (b - 2)^2 / 2 + b w0 / 8, from w = (1, 2) and b = 0.5. The file has w0, w1 and b
after some of the steps. Lion is not in PyTorch: lion below is algorithm 2 of Chen et al., Symbolic discovery of
optimization algorithms (2023), in NumPy. Run with PyTorch 2.15 and NumPy from PyPI:

    python optimizers.py > optimizers.json
"""
import json

import numpy as np
import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import OneCycleLR, StepLR

STEPS = [1, 2, 3, 5, 10, 20, 30, 40, 50]


def loss_of(w, b):
    return (w[0] - 3) ** 2 + 5 * (w[1] + 1) ** 2 + w[0] * w[1] / 4 + (b - 2) ** 2 / 2 + b * w[0] / 8


def run(make, clip=None, schedule=None):
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    opt = make(w, b)
    scheduler = schedule(opt) if schedule else None
    out = []
    for step in range(1, max(STEPS) + 1):
        opt.zero_grad()
        loss_of(w, b).backward()
        if clip:
            clip([w, b])
        opt.step()
        if scheduler and step < max(STEPS):
            scheduler.step()
        if step in STEPS:
            out.append(w.detach().tolist() + [b.item()])
    return out


def one(optimizer, **settings):
    return lambda w, b: optimizer([w, b], **settings)


def clip_norm(limit):
    def clip(params):
        # clip_grad_norm_ divides by the norm plus 1e-6, which is not the formula of the paper.
        norm = torch.nn.utils.get_total_norm([p.grad for p in params])
        if norm > limit:
            for p in params:
                p.grad.mul_(limit / norm)
    return clip


def clip_value(limit):
    return lambda params: torch.nn.utils.clip_grad_value_(params, limit)


def lion(lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    x, m = np.array([1.0, 2.0, 0.5]), np.zeros(3)
    out = []
    for step in range(1, max(STEPS) + 1):
        w0, w1, b = x
        g = np.array([2 * (w0 - 3) + w1 / 4 + b / 8, 10 * (w1 + 1) + w0 / 4, b - 2 + w0 / 8])
        c = betas[0] * m + (1 - betas[0]) * g
        x = x - lr * (np.sign(c) + weight_decay * x)
        m = betas[1] * m + (1 - betas[1]) * g
        if step in STEPS:
            out.append(x.tolist())
    return out


CASES = {
    "sgd": run(one(SGD, lr=0.05)),
    "sgd, weight decay": run(one(SGD, lr=0.05, weight_decay=0.1)),
    "sgd, momentum": run(one(SGD, lr=0.05, momentum=0.9)),
    "sgd, momentum and weight decay": run(one(SGD, lr=0.05, momentum=0.9, weight_decay=0.1)),
    "sgd, nesterov": run(one(SGD, lr=0.05, momentum=0.9, nesterov=True)),
    "sgd, nesterov and weight decay": run(one(SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)),
    "adam": run(one(Adam)),
    "adam, all settings": run(one(Adam, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    "adam, no first moment": run(one(Adam, lr=0.1, betas=(0.0, 0.95))),
    "adamw": run(one(AdamW, weight_decay=0)),
    "adamw, all settings": run(one(AdamW, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    "adagrad": run(one(Adagrad)),
    "adagrad, all settings": run(one(Adagrad, lr=0.5, eps=1e-3, weight_decay=0.1)),
    "adagrad, falling rate": run(one(Adagrad, lr=0.5, lr_decay=0.1)),
    "rmsprop": run(one(RMSprop)),
    "rmsprop, all settings": run(one(RMSprop, lr=0.05, alpha=0.9, eps=1e-3, weight_decay=0.1)),
    "rmsprop, momentum": run(one(RMSprop, lr=0.02, momentum=0.8)),
    "rmsprop, centered": run(one(RMSprop, lr=0.02, alpha=0.9, centered=True)),
    "rmsprop, centered, all settings": run(
        one(RMSprop, lr=0.02, alpha=0.9, eps=1e-3, momentum=0.5, weight_decay=0.1, centered=True)),
    "lion": lion(),
    "lion, all settings": lion(lr=0.05, betas=(0.8, 0.95), weight_decay=0.1),
    "lion, no first moment": lion(lr=0.05, betas=(0, 0.5)),
    "clip norm": run(one(SGD, lr=0.05, momentum=0.9), clip=clip_norm(2)),
    "clip value": run(one(Adam, lr=0.07), clip=clip_value(1.5)),
    "one cycle": run(one(SGD, lr=0.1, momentum=0.5),
                     schedule=lambda o: OneCycleLR(o, max_lr=0.1, total_steps=50, cycle_momentum=False)),
    "groups": run(lambda w, b: SGD([{"params": [w], "lr": 0.05}, {"params": [b], "lr": 0.01, "weight_decay": 0.5}],
                                   momentum=0.9)),
    "groups, step decay": run(
        lambda w, b: AdamW([{"params": [w], "lr": 0.2, "weight_decay": 0}, {"params": [b], "lr": 0.05}], weight_decay=0.1),
        schedule=lambda o: StepLR(o, step_size=7, gamma=0.7)),
}
print(json.dumps({"torch": torch.__version__, "steps": STEPS, "cases": CASES}).replace("]], ", "]],\n"))
