#!/usr/bin/env python3
"""Writes reference.safetensors: tensors of many types, as the format's first implementation writes them.

Made with safetensors 0.8.0 and PyTorch 2.15:

    python reference.py reference.safetensors
"""
import sys

import torch
from safetensors.torch import save_file

numbers = [0.0, -0.0, 1.0, -1.5, 2.0**-24, 65504.0, float("inf"), float("-inf")]
tensors = {
    "f64": torch.tensor([numbers, [1 / 3, 1e308, 5e-324, 1e-7, 2.0, 3.0, 4.0, float("nan")]], dtype=torch.float64),
    "f32": torch.tensor(numbers, dtype=torch.float32).reshape(2, 2, 2),
    "f16": torch.tensor(numbers, dtype=torch.float16),
    "bf16": torch.tensor(numbers, dtype=torch.bfloat16),
    "i64": torch.tensor(-(2**62), dtype=torch.int64),
    "i32": torch.tensor([-1, 2**31 - 1], dtype=torch.int32),
    "i16": torch.tensor([-1, 2**15 - 1, 0], dtype=torch.int16),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 3),
    "a \"name\" with <é> and \\ and \n": torch.ones(1),
    "B": torch.zeros(()),
}
save_file(tensors, sys.argv[1], metadata={"format": "pt"})
