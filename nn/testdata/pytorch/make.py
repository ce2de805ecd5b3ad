#!/usr/bin/env python3
"""Writes models of PyTorch in both precisions, NAME.f32.safetensors and NAME.f64.safetensors, each the state_dict of one
layer or of a small network, and passes.safetensors, what they make of an input: NAME.f32.x and NAME.f32.y.

Made with PyTorch 2.15.0 and safetensors 0.8.0, in this directory:

    python make.py
"""
import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(1)
torch.set_num_threads(1)

def attend(causal):
    def run(layer, x):
        n = x.shape[1]
        mask = torch.full((n, n), float("-inf"), dtype=x.dtype).triu(1) if causal else None
        return layer(x, x, x, attn_mask=mask, need_weights=False)[0]

    return run


def first(layer, x):
    return layer(x)[0]


def plain(layer, x):
    return layer(x)


def normal(*shape):
    return torch.randn(*shape)


convolutional = nn.Sequential(
    nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
)

# Name, layer, input, how it is applied, whether a few training passes go before.
CASES = [
    ("linear", nn.Linear(5, 3), normal(4, 5), plain, False),
    ("conv2d", nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), normal(2, 4, 7, 6), plain, False),
    ("batchnorm2d", nn.BatchNorm2d(3), normal(2, 3, 4, 5), plain, True),
    ("gru", nn.GRU(3, 4, num_layers=2, batch_first=True), normal(2, 5, 3), first, False),
    ("lstm", nn.LSTM(3, 4, num_layers=2, batch_first=True), normal(2, 5, 3), first, False),
    ("layernorm", nn.LayerNorm(6), normal(4, 6), plain, False),
    ("embedding", nn.Embedding(7, 4), torch.tensor([[1, 6, 0], [3, 3, 2]]), plain, False),
    ("attention", nn.MultiheadAttention(8, 2, batch_first=True), normal(2, 5, 8), attend(False), False),
    ("causal", nn.MultiheadAttention(8, 2, batch_first=True), normal(2, 5, 8), attend(True), False),
    ("network", convolutional, normal(2, 1, 8, 8), plain, True),
]

if __name__ == "__main__":
    passes = {}
    for name, layer, x, apply, train in CASES:
        with torch.no_grad():
            for p in layer.parameters():  # no layer is left at ones and zeros
                p.add_(0.1 * torch.randn(p.shape))
            layer.train()
            for _ in range(3 if train else 0):
                apply(layer, 2 * torch.randn(x.shape) + 1)
            layer.eval()
            for precision, dtype in [("f32", torch.float32), ("f64", torch.float64)]:
                layer.to(dtype)
                input = x.to(dtype) if x.is_floating_point() else x.clone()
                save_file(layer.state_dict(), f"{name}.{precision}.safetensors", metadata={"format": "pt"})
                passes[f"{name}.{precision}.x"] = input
                passes[f"{name}.{precision}.y"] = apply(layer, input).contiguous()
    save_file(passes, "passes.safetensors")

    half = {name: p.to(torch.bfloat16 if name == "bias" else torch.float16) for name, p in CASES[0][1].state_dict().items()}
    save_file(half, "half.safetensors")  # the linear layer once more
