#!/usr/bin/env python3
"""Writes layers.json: what PyTorch's layers make of small inputs, in float64.

Each case has the state_dict of a module, in its order, and passes one after the other, each with input x, cotangent ct,
result y and the gradients of the sum of ct*y; "after" is the state_dict in the end. Parameters and inputs have few
digits. It shares nothing with the Go code. Run with PyTorch 2.15.0 from PyPI:

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python layers.py > layers.json
"""
import json

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(1)


def numbers(*shape):
    """Different numbers with few digits, so that no window has two largest ones. None is 0."""
    n = int(np.prod(shape))
    return torch.tensor((rng.permutation(2 * n)[:n].reshape(shape) - n + 0.5) / 8)


def tensor(t):
    return {"shape": list(t.shape), "data": t.detach().double().flatten().tolist()}


def state(module):
    return [{"name": name, **tensor(t)} for name, t in module.state_dict().items()]


def case(name, module, *passes):
    """Passes are pairs: "train" or "eval", and an input or its shape."""
    for key, t in module.state_dict().items():
        if key.endswith("running_var"):
            t.copy_(torch.abs(numbers(*t.shape)) + 0.5)
        elif t.is_floating_point():
            t.copy_(numbers(*t.shape) / 4)
    out = {"name": name, "params": state(module), "passes": []}
    for mode, x in passes:
        module.train(mode == "train")
        module.zero_grad()
        if isinstance(x, tuple):
            x = numbers(*x)
        whole = not x.is_floating_point()
        if not whole:
            x.requires_grad_()
        y = module(x)
        ct = numbers(*y.shape)
        (ct * y).sum().backward()
        grads = [] if whole else [{"name": "x", **tensor(x.grad)}]
        grads += [{"name": k, **tensor(p.grad)} for k, p in module.named_parameters()]
        out["passes"].append({"mode": mode, "x": tensor(x), "ct": tensor(ct), "y": tensor(y), "grads": grads})
    out["after"] = state(module)
    return out


def conv(name, module, *size):
    return case(name, module, ("train", (2, module.in_channels, *size)))


class Frozen(nn.BatchNorm2d):
    def train(self, mode=True):
        return super().train(False)


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


cases = [
    conv("conv1d", nn.Conv1d(2, 3, 3), 7),
    conv("conv1d, stride 2, padding 2, dilation 2, 2 groups", nn.Conv1d(4, 2, 3, stride=2, padding=2, dilation=2, groups=2), 8),
    conv("conv2d", nn.Conv2d(2, 3, 3), 4, 5),
    conv("conv2d, no bias", nn.Conv2d(1, 2, 2, bias=False), 3, 4),
    conv("conv2d, stride 2, padding 1", nn.Conv2d(2, 2, 3, stride=2, padding=1), 5, 4),
    conv("conv2d, dilation 2", nn.Conv2d(1, 2, 2, dilation=2), 5, 4),
    conv("conv2d, 2 groups", nn.Conv2d(4, 6, 2, groups=2), 3, 3),
    conv("conv2d, depthwise", nn.Conv2d(3, 3, 2, groups=3, padding=1), 3, 2),
    conv("conv2d, all along each axis", nn.Conv2d(2, 4, 2, stride=(2, 1), padding=(1, 2), dilation=(1, 3), groups=2), 5, 6),
    case("max_pool2d", nn.MaxPool2d(2), ("train", (2, 2, 5, 4))),
    case("max_pool2d, stride 1, padding 1", nn.MaxPool2d(3, stride=1, padding=1), ("train", (1, 2, 3, 4))),
    case("max_pool2d, stride 2×1", nn.MaxPool2d(3, stride=(2, 1)), ("train", (1, 2, 6, 4))),
    case("avg_pool2d", nn.AvgPool2d(2), ("train", (2, 2, 5, 4))),
    case("avg_pool2d, stride 2, padding 1", nn.AvgPool2d(3, stride=2, padding=1), ("train", (1, 2, 5, 4))),
    case("avg_pool2d, without padding", nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), ("train", (1, 2, 5, 4))),
    case("global_avg_pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), ("train", (2, 3, 4, 5))),
    case("flatten", nn.Flatten(), ("train", (2, 3, 2, 2))),
    case("batch_norm", nn.BatchNorm1d(3), ("eval", (2, 3)), ("train", (5, 3)), ("train", (2, 3)), ("eval", (1, 3))),
    case("batch_norm of sequences", nn.BatchNorm1d(2), ("train", (1, 2, 4)), ("eval", (2, 2, 3))),
    case("batch_norm of images", nn.BatchNorm2d(2), ("train", (3, 2, 2, 3)), ("eval", (2, 2, 2, 2)), ("train", (1, 2, 2, 1))),
    case("batch_norm, momentum, eps", nn.BatchNorm2d(2, momentum=0.3, eps=0.5), ("train", (3, 2, 2, 3)), ("eval", (2, 2, 2, 2))),
    case("batch_norm, frozen averages", Frozen(2), ("train", (3, 2, 2, 3)), ("eval", (2, 2, 2, 2))),
    case("layer_norm", nn.LayerNorm(4), ("train", (2, 3, 4)), ("eval", (4,))),
    case("layer_norm, eps", nn.LayerNorm(3, eps=0.5), ("train", (2, 3))),
    case("rms_norm", nn.RMSNorm(4), ("train", (2, 3, 4)), ("eval", (4,))),
    case("rms_norm, eps", nn.RMSNorm(3, eps=0.5), ("train", (2, 3))),
    case("embedding", nn.Embedding(5, 3), ("train", torch.tensor([[0, 3, 3, 1], [4, 0, 3, 1]])), ("eval", torch.tensor(2))),
    case("residual", Residual(nn.Conv1d(2, 2, 3, padding=1), nn.ReLU()), ("train", (2, 2, 4))),
    case("relu", nn.ReLU(), ("train", (3, 4))),
    case("leaky_relu", nn.LeakyReLU(0.2), ("train", (3, 4))),
    case("elu", nn.ELU(1.5), ("train", (3, 4))),
    case("gelu", nn.GELU(), ("train", (3, 4))),
    case("silu", nn.SiLU(), ("train", (3, 4))),
    case("softplus", nn.Softplus(), ("train", (3, 4))),
]

print(json.dumps({"torch": torch.__version__, "cases": cases}, indent=None, separators=(",", ":")).replace('{"name":"', '\n{"name":"'))
