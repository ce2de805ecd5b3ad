#!/usr/bin/env python3
"""Writes sequences.json: what PyTorch's layers over sequences make of small inputs, in float64.

Each case has the state_dict of a module, in its order, the arguments and the results of a training pass, cotangents of the
results, and the gradients of the sum of their products by the arguments and the parameters. Masks are 1 for what is seen.
Numbers have few digits. It shares nothing with the Go code. Run with PyTorch 2.15.0 from PyPI:

    python3 -m venv venv && venv/bin/pip install torch numpy && venv/bin/python sequences.py > sequences.json
"""
import json

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(1)


def numbers(*shape):
    return torch.tensor(rng.integers(-32, 33, shape) / 16)


def tensor(name, t):
    return {"name": name, "shape": list(t.shape), "data": t.detach().double().flatten().tolist()}


def case(name, module, apply, **args):
    """apply takes the module and the arguments, and returns a dictionary of results."""
    module.train()
    for key, t in module.state_dict().items():
        t.copy_(numbers(*t.shape) / 4 + (1 if "norm" in key and key.endswith("weight") else 0))
    given = {k: v.clone() for k, v in args.items()}
    for k, t in given.items():
        if not k.startswith("mask"):
            t.requires_grad_()
    results = apply(module, **given)
    cts = {k: numbers(*y.shape) for k, y in results.items()}
    sum((cts[k] * y).sum() for k, y in results.items()).backward()
    return {
        "name": name,
        "params": [tensor(k, t) for k, t in module.state_dict().items()],
        "args": [tensor(k, t) for k, t in args.items()],
        "results": [tensor(k, t) for k, t in results.items()],
        "cts": [tensor(k, t) for k, t in cts.items()],
        "grads": [tensor(k, t.grad) for k, t in [*given.items(), *module.named_parameters()] if t.grad is not None],
    }


def sequence(module, x, h=None, c=None):
    if h is None:
        return {"y": module(x)[0]}
    if c is None:
        y, h = module(x, h)
        return {"y": y, "h": h}
    y, (h, c) = module(x, (h, c))
    return {"y": y, "h": h, "c": c}


def cell(module, x, h, c=None):
    if c is None:
        return {"y": module(x, h)}
    y, c = module(x, (h, c))
    return {"y": y, "c": c}


def hidden(t):
    return None if t is None else t == 0


def attend(causal):
    def run(module, q, k=None, v=None, mask_keys=None, mask_pairs=None):
        k = q if k is None else k
        v = k if v is None else v
        pairs = hidden(mask_pairs)
        if causal:
            pairs = torch.ones(q.shape[1], k.shape[1]).triu(1) != 0
        if pairs is not None and pairs.dim() == 3:
            pairs = pairs.repeat_interleave(module.num_heads, 0)
        return {"y": module(q, k, v, key_padding_mask=hidden(mask_keys), attn_mask=pairs, need_weights=False)[0]}

    return run


def block(causal):
    def run(module, x, mask_keys=None):
        mask = torch.ones(x.shape[1], x.shape[1]).triu(1) != 0 if causal else None
        return {"y": module(x, src_mask=mask, src_key_padding_mask=hidden(mask_keys))}

    return run


def encoder(dim, heads, ff, **options):
    return nn.TransformerEncoderLayer(dim, heads, ff, dropout=0.0, batch_first=True, **options)


padding = torch.tensor([[1.0, 1, 1, 0], [1, 0, 0, 0]])
pairs = torch.tensor([[1.0, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 1]])

cases = []
for name, make, gates in [("rnn", nn.RNN, 1), ("gru", nn.GRU, 3), ("lstm", nn.LSTM, 4)]:
    def state(*shape):
        return {"h": numbers(*shape), "c": numbers(*shape)} if name == "lstm" else {"h": numbers(*shape)}

    cases += [
        case(name, make(3, 4, batch_first=True), sequence, x=numbers(2, 5, 3)),
        case(name + ", from a state", make(3, 4, batch_first=True), sequence, x=numbers(2, 5, 3), **state(1, 2, 4)),
        case(name + ", 3 layers", make(2, 3, num_layers=3, batch_first=True), sequence, x=numbers(2, 3, 2), **state(3, 2, 3)),
        case(name + ", no bias", make(2, 3, bias=False, batch_first=True), sequence, x=numbers(1, 4, 2), **state(1, 1, 3)),
        case(name + ", one time, one unit", make(1, 1, batch_first=True), sequence, x=numbers(3, 1, 1), **state(1, 3, 1)),
    ]
cases += [
    case("rnn, relu", nn.RNN(3, 4, nonlinearity="relu", batch_first=True), sequence, x=numbers(2, 4, 3), h=numbers(1, 2, 4)),
    case("rnn_cell", nn.RNNCell(3, 4), cell, x=numbers(2, 3), h=numbers(2, 4)),
    case("gru_cell", nn.GRUCell(3, 4), cell, x=numbers(2, 3), h=numbers(2, 4)),
    case("lstm_cell", nn.LSTMCell(3, 4), cell, x=numbers(2, 3), h=numbers(2, 4), c=numbers(2, 4)),
    case("attention", nn.MultiheadAttention(6, 2, batch_first=True), attend(False), q=numbers(2, 4, 6)),
    case("attention, causal", nn.MultiheadAttention(6, 3, batch_first=True), attend(True), q=numbers(2, 4, 6)),
    case("attention, no bias", nn.MultiheadAttention(4, 1, bias=False, batch_first=True), attend(False), q=numbers(1, 3, 4)),
    case("attention, padding", nn.MultiheadAttention(4, 2, batch_first=True), attend(False), q=numbers(2, 4, 4), mask_keys=padding),
    case("attention, causal, padding", nn.MultiheadAttention(4, 2, batch_first=True), attend(True), q=numbers(2, 4, 4), mask_keys=padding),
    case("attention, cross", nn.MultiheadAttention(4, 2, batch_first=True), attend(False), q=numbers(2, 3, 4), k=numbers(2, 4, 4), v=numbers(2, 4, 4)),
    case("attention, pairs", nn.MultiheadAttention(4, 2, batch_first=True), attend(False), q=numbers(2, 3, 4), k=numbers(2, 4, 4), v=numbers(2, 4, 4), mask_pairs=pairs),
    case("attention, pairs for each row, padding", nn.MultiheadAttention(4, 2, batch_first=True), attend(False), q=numbers(2, 3, 4), k=numbers(2, 4, 4), v=numbers(2, 4, 4),
         mask_pairs=torch.stack([pairs, 1 - pairs * torch.tensor([0.0, 1, 1, 1])]), mask_keys=torch.tensor([[1.0, 1, 1, 0], [1, 1, 1, 1]])),
    case("block", encoder(6, 2, 5), block(False), x=numbers(2, 4, 6)),
    case("block, causal", encoder(6, 3, 5), block(True), x=numbers(2, 4, 6)),
    case("block, norm first", encoder(4, 2, 3, norm_first=True), block(False), x=numbers(2, 4, 4)),
    case("block, norm first, causal, gelu", encoder(4, 2, 3, norm_first=True, activation="gelu"), block(True), x=numbers(2, 3, 4)),
    case("block, padding", encoder(4, 2, 3), block(False), x=numbers(2, 4, 4), mask_keys=padding),
    case("block, causal, padding", encoder(4, 2, 3, norm_first=True), block(True), x=numbers(2, 4, 4), mask_keys=padding),
]

print(json.dumps({"torch": torch.__version__, "cases": cases}, indent=None, separators=(",", ":")).replace('{"name":"', '\n{"name":"'))
