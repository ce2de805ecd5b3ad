#!/usr/bin/env python3
"""Prints what XLA makes of an exported step on meshes of 1 to 8 simulated devices.

    python3 examples/distributed/measure.py DIR

For every mesh, data x tensor, it compiles the step and reads from the compiled module, for one device and one step: the
arithmetic in floating-point operations, the bytes of parameters and state and of what is computed on the way, and the
collective operations with the bytes that a device gives to them. Nothing is trained. docs/scale.md says what to expect.
"""

import argparse
import os
import re
import sys

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8".strip()
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
from jax.sharding import Mesh

from worker import Step

SIZES = {"f64": 8, "f32": 4, "s64": 8, "s32": 4, "u64": 8, "u32": 4, "pred": 1}
COLLECTIVE = re.compile(r"= (.*?) (all-reduce|all-gather|reduce-scatter|collective-permute|all-to-all)(?:-start)?\(")
SHAPE = re.compile(r"(\w+)\[([\d,]*)\]")


def size(shapes):
    """Returns the bytes of all shapes in a piece of text: f32[64,10]{1,0} is 2560."""
    return sum(SIZES.get(t, 0) * int(np.prod([int(d) for d in dims.split(",") if d], dtype=np.int64))
               for t, dims in SHAPE.findall(shapes))


def collectives(text):
    """Returns how often each collective operation occurs in a compiled module, and the bytes of its results."""
    found = {}
    for shapes, kind in COLLECTIVE.findall(text):
        n, b = found.get(kind, (0, 0))
        found[kind] = n + 1, b + size(shapes)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("dir", help="where the exported step is")
    a = p.parse_args()
    jax.config.update("jax_enable_x64", True)
    step = Step(a.dir)
    whole = sum(size_of(x) for x in step.arguments if x["role"] in ("parameter", "state"))
    print(f"parameters and state: {whole:,} bytes on one device")
    print("| data x tensor | MFLOP | parameters and state | intermediate | collectives |")
    print("|---|---|---|---|---|")
    for tensor in (1, 2, 4, 8):
        for data in (1, 2, 4, 8):
            if data * tensor > 8:
                continue
            mesh = Mesh(np.array(jax.devices()[:data * tensor]).reshape(data, tensor), ("data", "tensor"))
            compiled = step.compile(mesh)
            memory, cost = compiled.memory_analysis(), compiled.cost_analysis()
            kept = sum(kept_bytes(x, s) for x, s in zip(step.arguments, step.shardings(mesh)[0]) if x["role"] in ("parameter", "state"))
            moved = ", ".join(f"{n} {k} of {b:,} bytes" for k, (n, b) in sorted(collectives(compiled.as_text()).items()))
            print(f"| {data} x {tensor} | {cost['flops'] / 1e6:.3f} | {kept:,} | {memory.temp_size_in_bytes:,} | {moved or 'none'} |")


def size_of(argument):
    return int(np.prod(argument["shape"], dtype=np.int64)) * np.dtype(argument["dtype"]).itemsize


def kept_bytes(argument, sharding):
    """Returns the bytes of an argument on one device."""
    return int(np.prod(sharding.shard_shape(tuple(argument["shape"])), dtype=np.int64)) * np.dtype(argument["dtype"]).itemsize


if __name__ == "__main__":
    main()
