#!/usr/bin/env python3
"""Trains exported steps in all the ways that examples/distributed knows, and compares the losses with those of Go.

    distributed.py MLP CNN GRU

Every directory holds what examples/export wrote. Each step is trained on one device and on four simulated ones, 2 x 2
(data x tensor), in this process; then on two processes; and the first one once more for each of the two processes, which
is killed in the middle: all start again from the last checkpoint, and the losses must be the same. What the first one
sends on devices is held against what docs/scale.md predicts.
"""

import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "..", "..", "examples", "distributed")
sys.path.insert(0, EXAMPLE)

FLAGS = os.environ.get("XLA_FLAGS", "")

import measure  # before jax: it sets how many devices are simulated

import jax
import numpy as np
from jax.sharding import Mesh

import launch
import worker

failures = []


def judge(what, ok):
    print(f"{'ok  ' if ok else 'FAIL'} {what}", flush=True)
    if not ok:
        failures.append(what)


def in_one_process(directory):
    """Trains on one device and on four."""
    for data, tensor in ((1, 1), (2, 2)):
        mesh = Mesh(np.array(jax.devices()[:data * tensor]).reshape(data, tensor), ("data", "tensor"))
        worker.train(directory, mesh, say=lambda line: None)
        judge(f"{os.path.basename(directory)} on {data} x {tensor} devices", launch.compare(directory))


def travels(directory):
    """Compares the bytes that a device sends in a step with those of docs/scale.md."""
    step = worker.Step(directory)
    for data, tensor in ((4, 1), (2, 2)):
        want = measure.predicted(step, data, tensor)[2]
        got = sum(sent for _, sent in measure.compiled(step, data, tensor)[3].values())
        # Apart by a few numbers, such as the sum of a penalty whose weights are cut; a matrix of the model has 1280 bytes.
        judge(f"{os.path.basename(directory)} sends {got:.0f} bytes on {data} x {tensor} devices; {want:.0f} are predicted", abs(got - want) < 256)


def in_two_processes(directory, kill=None):
    """Trains by launch.py, and kills one of the two processes after step 8."""
    command = [sys.executable, os.path.join(EXAMPLE, "launch.py"), "-n", "2", directory]
    what = f"{os.path.basename(directory)} on 2 processes"
    if kill is not None:
        command += ["--pause", "0.1"]
        what += f", number {kill} killed"
    env = {**os.environ, "XLA_FLAGS": FLAGS}  # one device in each
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    pids, lines = {}, []
    for line in process.stdout:
        lines.append(line)
        if m := re.match(r"worker (\d+) has process number (\d+)", line):
            pids.setdefault(int(m[1]), int(m[2]))
        if kill is not None and line.startswith("step 8 of "):
            os.kill(pids[kill], signal.SIGKILL)
            kill = None
    text = "".join(lines)
    ok = process.wait() == 0 and ("killed" in what) == ("was ended by SIGKILL" in text) == ("from the last checkpoint" in text)
    judge(what, ok)
    if not ok:
        print(text)


def main():
    jax.config.update("jax_enable_x64", True)
    for directory in sys.argv[1:]:
        in_one_process(directory)
        in_two_processes(directory)
    travels(sys.argv[1])
    for rank in (0, 1):
        in_two_processes(sys.argv[1], kill=rank)
    sys.exit(f"{len(failures)} of the ways to train do not work" if failures else 0)


if __name__ == "__main__":
    main()
