"""The line protocol that every peer speaks, and the numbers that all of them start from. See doc.go of the module."""

import math
import statistics
import sys
import time

import numpy as np

SHORTEST = 50e-6  # a batch of repetitions takes at least this long: the clock's own cost is lost in it


def noise(n, seed):
    """The first n numbers of stream seed, between -0.5 and 0.5: the same in every language."""
    x = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x += np.uint32((seed * 0x85EBCA77) & 0xFFFFFFFF)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x2C1B3C6D)
    x ^= x >> np.uint32(12)
    x *= np.uint32(0x297A2D39)
    x ^= x >> np.uint32(15)
    return x / 4294967296.0 - 0.5


def weigh(a):
    """One number by which two results can be compared."""
    a = np.asarray(a, dtype=np.float64).ravel()
    return float(a @ noise(a.size, 3))


class Missing(Exception):
    """There is no such job here."""


class Job:
    """Repeats one piece of work; check is a number by which its result is compared with that of others."""

    def __init__(self, run, check=math.nan):
        self.run, self.check, self.batch = run, check, 0

    def seconds(self, n):
        start = time.perf_counter()
        for _ in range(n):
            self.run()
        return time.perf_counter() - start

    def measure(self, budget):
        self.seconds(1)
        if self.batch == 0:
            self.batch = 1
            while self.seconds(self.batch) < SHORTEST:
                self.batch *= 2
        times, spent = [], 0.0
        while not times or spent < budget:
            t = self.seconds(self.batch)
            spent += t
            times.append(t / self.batch)
        return f"ok {statistics.median(times):.9g} {min(times):.9g} {len(times) * self.batch} {self.check:.17g}"


def perceptron(words, seed=1):
    """The start of a training job, 'sgd 784-128-10@64': optimizer, [(weight (in, out), bias)], batch, labels, targets.

    The labels stand for classes, or for the targets 0 and 1 of a network with one output.
    """
    optimizer, shape = words
    widths, batch = shape.split("@")
    widths, batch = [int(w) for w in widths.split("-")], int(batch)
    layers = []
    for i, (m, n) in enumerate(zip(widths, widths[1:])):
        scale = 2 / math.sqrt(m)
        layers.append((noise(m * n, 10 + 2 * i).reshape(m, n) * scale, noise(n, 11 + 2 * i) * scale))
    x = 2 * noise(batch * widths[0], seed).reshape(batch, widths[0])
    return optimizer, layers, x, labels(batch, max(widths[-1], 2))


def labels(n, classes):
    """n of the numbers 0 to classes-1."""
    return np.floor((noise(n, 2) + 0.5) * classes).astype(np.int64)


def serve(versions, make):
    """Answers requests '<seconds> <words of the job>' until the input ends."""
    print("peer", versions, flush=True)
    jobs = {}
    for line in sys.stdin:
        words = line.split()
        budget, key = float(words[0]), tuple(words[1:])
        try:
            if key not in jobs:
                jobs[key] = make(*key)
            answer = jobs[key].measure(budget)
        except Missing as e:
            answer = f"no {e}"
        except Exception as e:  # a peer that cannot do a job is reported, and goes on
            answer = "no " + f"{type(e).__name__}: {e}".replace("\n", " ")[:300]
        print(answer, flush=True)
