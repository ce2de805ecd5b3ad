#!/usr/bin/env python3
"""Loads models that were written elsewhere into the layers of make.py, and compares what they make of an input.

    python check.py DIRECTORY NAME...

The directory has NAME.safetensors, and passes.safetensors with NAME.x and NAME.y for each name, such as linear.f32.
"""
import os
import sys

import torch
from safetensors.torch import load_file

from make import CASES

layers = {name: (layer, apply) for name, layer, _, apply, _ in CASES}
where, names = sys.argv[1], sys.argv[2:]
passes = load_file(os.path.join(where, "passes.safetensors"))
wrong = 0
for name in names:
    layer, apply = layers[name.split(".")[0]]
    dtype, tolerance = (torch.float32, 1e-5) if name.endswith("f32") else (torch.float64, 1e-12)
    state = load_file(os.path.join(where, name + ".safetensors"))
    layer.eval().to(dtype).load_state_dict(state, strict=True)
    for key, have in layer.state_dict().items():
        if have.dtype != state[key].dtype:
            print(f"{name}: {key} is {state[key].dtype} in the file and {have.dtype} in the layer")
            wrong += 1
    with torch.no_grad():
        y = apply(layer, passes[name + ".x"])
    error = (y - passes[name + ".y"]).abs().max().item()
    if not error <= tolerance:
        print(f"{name}: the result is {error} off")
        wrong += 1
print(f"{len(names)} models, {wrong} wrong")
sys.exit(wrong > 0)
