#!/usr/bin/env python3
"""Prints what XLA makes of an exported step on meshes of 1 to 8 simulated devices, beside what docs/scale.md predicts.

    python3 examples/distributed/measure.py DIR

For every mesh, data x tensor, it compiles the step and reads from the compiled module, for one device and one step: the
arithmetic in floating-point operations, the bytes of parameters and state and of what is computed on the way, and the
bytes that the collective operations send where they go round a ring. Nothing is trained. The predictions are for fully
connected layers; for other networks they are left out.
"""

import argparse
import os
import re

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8".strip()
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
from jax.sharding import Mesh

from worker import Step, cuts

SIZES = {"f64": 8, "s64": 8, "u64": 8, "f32": 4, "s32": 4, "u32": 4, "f16": 2, "bf16": 2, "s16": 2, "u16": 2, "pred": 1, "s8": 1, "u8": 1}
SHAPE = re.compile(r"\b([a-z]+\d*)\[([\d,]*)\]")
COLLECTIVE = re.compile(r"= (.*?) (all-reduce|all-gather|reduce-scatter|collective-permute|all-to-all)(-start)?\(")
COMPUTATION = re.compile(r"(ENTRY )?%?([\w.-]+) \(.*\{$")
CALL = re.compile(r"(?:to_apply|calls|body|condition|true_computation|false_computation)=%?([\w.-]+)")
BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')

# The bytes that a device sends, where the operation goes round a ring of n: of the bytes of its result.
SENT = {
    "all-reduce": lambda n: 2 * (n - 1) / n,
    "all-gather": lambda n: (n - 1) / n,
    "reduce-scatter": lambda n: n - 1,
    "all-to-all": lambda n: (n - 1) / n,
    "collective-permute": lambda n: 1,
}


def size(shapes):
    """Returns the bytes of all shapes in a piece of text.

    >>> size("(f32[64,10]{1,0}, f64[])")
    2568
    """
    return sum(SIZES[t] * int(np.prod([int(d) for d in dims.split(",") if d], dtype=np.int64))
               for t, dims in SHAPE.findall(shapes))


def group(line, devices):
    """Returns how many devices take part in a collective operation together.

    >>> group("replica_groups={{0,1},{2,3}}, x", 4), group("replica_groups=[2,4]<=[4,2]T(1,0), x", 8)
    (2, 4)
    >>> group("replica_groups=mesh['a'=2,'b'=4] {'b'}, x", 8), group("replica_groups={}, x", 8)
    (4, 8)
    """
    if m := re.search(r"replica_groups=\{\{([\d,]+)\}", line):
        return m[1].count(",") + 1
    if m := re.search(r"replica_groups=\[\d+,(\d+)\]", line):
        return int(m[1])
    if m := re.search(r"replica_groups=mesh\[(.*?)\] \{(.*?)\}", line):
        axes = dict(re.findall(r"'(\w+)'=(\d+)", m[1]))
        return int(np.prod([int(axes[a]) for a in re.findall(r"'(\w+)'", m[2])]))
    return devices


def collectives(text, devices):
    """Returns how often each collective operation of a compiled module runs in a step, and the bytes that a device sends.

    What several arrays share is one operation, and what stands in a loop runs as often as the loop goes round.
    """
    found, calls, entry, inside = {}, {}, None, None
    for line in text.splitlines():
        if m := COMPUTATION.match(line):
            inside, entry = m[2], m[2] if m[1] else entry
            found[inside], calls[inside] = [], []
            continue
        if inside is None:
            continue
        trips = int(TRIPS.search(line)[1]) if TRIPS.search(line) else 1
        for name in CALL.findall(line) + [n.strip(" %") for m in BRANCHES.findall(line) for n in m.split(",")]:
            calls[inside].append((name, trips))
        if m := COLLECTIVE.search(line):
            n, shapes = group(line, devices), m[1]
            if m[3] and shapes.startswith("("):  # operands and results; the results are the second half
                shapes = " ".join("%s[%s]" % s for s in SHAPE.findall(shapes)[len(SHAPE.findall(shapes)) // 2:])
            found[inside].append((m[2], SENT[m[2]](n) * size(shapes)))
    total = {}

    def visit(name, times):
        for kind, sent in found[name]:
            n, b = total.get(kind, (0, 0))
            total[kind] = n + times, b + times * sent
        for callee, trips in calls[name]:
            visit(callee, times * trips)

    visit(entry, 1)
    return total


def compiled(step, data, tensor):
    """Returns operations, bytes kept, bytes computed on the way, and collective operations of the step on a mesh."""
    mesh = Mesh(np.array(jax.devices()[:data * tensor]).reshape(data, tensor), ("data", "tensor"))
    call = step.compile(mesh)
    kept = sum(bytes_of(a, s.shard_shape(tuple(a["shape"]))) for a, s in zip(step.arguments, step.shardings(mesh)[0])
               if a["role"] in ("parameter", "state"))
    return call.cost_analysis()["flops"], kept, call.memory_analysis().temp_size_in_bytes, collectives(call.as_text(), data * tensor)


def predicted(step, data, tensor):
    """Returns operations, bytes kept, and bytes sent as docs/scale.md has them; None for other than fully connected layers."""
    parameters = [a for a in step.arguments if a["role"] == "parameter"]
    layers = [a for a in parameters if len(a["shape"]) > 1]
    if any(len(a["shape"]) != 2 for a in layers) or any(a["shape"][0] != b["shape"][1] for a, b in zip(layers, layers[1:])):
        return None
    axes = cuts(step.arguments, tensor)
    on_device = {a["name"]: bytes_of(a, a["shape"]) / (tensor if a["name"] in axes else 1) for a in step.arguments}
    rows = next(a for a in step.arguments if a["role"] == "batch")["shape"][0] // data
    operations = sent = 0
    for i, a in enumerate(layers):
        out, into = a["shape"]
        cut = axes.get(a["name"])
        # A product forward, one for the weights, and one for what goes in, unless that is the batch.
        operations += (2 if i == 0 else 3) * 2 * rows * out * into / (tensor if cut is not None else 1)
        if cut == 1 or cut == 0 and i > 0:  # sums of what comes out, or of the gradient of what goes in
            sent += SENT["all-reduce"](tensor) * rows * (out if cut == 1 else into) * np.dtype(a["dtype"]).itemsize
    gradients = sum(on_device[a["name"]] for a in parameters if a["result"] is not None)
    sent += SENT["all-reduce"](data) * (gradients + bytes_of(step.results[step.loss], []))
    kept = sum(on_device[a["name"]] for a in step.arguments if a["role"] in ("parameter", "state"))
    return operations, kept, sent


def bytes_of(argument, shape):
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(argument["dtype"]).itemsize


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("dir", help="where the exported step is")
    a = p.parse_args()
    jax.config.update("jax_enable_x64", True)
    step = Step(a.dir)
    print(f"jax {jax.__version__}; of each device: predicted, then compiled")
    print("| data x tensor | MFLOP | kept, kB | on the way, kB | sent, kB | operations that send |")
    print("|---|---|---|---|---|---|")
    for data, tensor in ((1, 1), (2, 1), (4, 1), (8, 1), (1, 2), (1, 4), (1, 8), (2, 2), (4, 2), (2, 4)):
        flops, kept, way, moved = compiled(step, data, tensor)
        want = predicted(step, data, tensor) or (None, None, None)
        sent = sum(b for _, b in moved.values())
        print(f"| {data} x {tensor} | {pair(want[0], flops, 1e6)} | {pair(want[1], kept, 1e3)} | {way / 1e3:,.1f} | {pair(want[2], sent, 1e3)} | "
              + (", ".join(f"{n} {kind}" for kind, (n, _) in sorted(moved.items())) or "none") + " |", flush=True)


def pair(want, got, unit):
    return f"{got / unit:,.1f}" if want is None else f"{want / unit:,.1f}, {got / unit:,.1f}"


if __name__ == "__main__":
    main()
