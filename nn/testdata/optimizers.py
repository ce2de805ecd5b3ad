#!/usr/bin/env python3
"""Writes optimizers.json: what PyTorch's optimizers make of two weights in float64.

The loss is (w0 - 3)^2 + 10 (w1 + 1)^2 / 2 + w0 w1 / 4, from w = (1, 2). Run with Debian's python3-torch 1.13:

    /usr/bin/python3 optimizers.py > optimizers.json
"""
import json
import torch

CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.05)),
    "sgd, weight decay": (torch.optim.SGD, dict(lr=0.05, weight_decay=0.1)),
    "sgd, momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd, momentum and weight decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.1)),
    "sgd, nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "sgd, nesterov and weight decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)),
    "adam": (torch.optim.Adam, dict()),
    "adam, all settings": (torch.optim.Adam, dict(lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    "adam, decoupled": (torch.optim.AdamW, dict(lr=0.1, weight_decay=0.1)),
}

out = {"torch": torch.__version__, "cases": {}}
for name, (make, settings) in CASES.items():
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    opt = make([w], **settings)
    steps = []
    for _ in range(6):
        opt.zero_grad()
        loss = (w[0] - 3) ** 2 + 10 * (w[1] + 1) ** 2 / 2 + w[0] * w[1] / 4
        loss.backward()
        opt.step()
        steps.append(w.detach().tolist())
    out["cases"][name] = steps
print(json.dumps(out, indent=1))
