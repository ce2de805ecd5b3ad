"""Runs the modules of a directory on XLA's CPU and compares the results with the ones that lie beside them.

    python3 check.py [--iree-compile PROGRAM] DIRECTORY

See the documentation of Go package internal/xla for the files. The program ends with status 1 if a module is malformed,
if XLA does not compile it, or if one result differs.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jax.extend import mlir
from safetensors.numpy import load_file

jax.config.update("jax_enable_x64", True)

TARGET = "1.13.0"  # of StableHLO


def load(text, arguments, results):
    """Returns the function of a module, for arrays like the given ones.

    JAX exports a function that has the types of the module and nothing else, and gets the module in its place.
    Serializing parses and verifies the text.
    """

    def typed(*arguments):
        return tuple(jnp.zeros(r.shape, r.dtype) for r in results)

    exported = export.export(jax.jit(typed, keep_unused=True), platforms=["cpu"])(*arguments)
    artifact = mlir.serialize_portable_artifact(text, TARGET)
    return jax.jit(dataclasses.replace(exported, mlir_module_serialized=artifact).call)


def difference(got, want):
    """Returns how far two arrays are apart, relative to the larger of a number and 1, and where: inf where they differ
    in NaN, in an infinity, or in shape and type.

    >>> difference(np.float32([1, np.nan, -np.inf]), np.float32([1, np.nan, -np.inf]))
    (0.0, ())
    >>> difference(np.array([1., 2000.]), np.array([1.5, 1000.]))[1]
    (1,)
    >>> difference(np.array([np.nan]), np.array([1.])), difference(np.array([np.inf]), np.array([-np.inf]))
    ((inf, (0,)), (inf, (0,)))
    >>> difference(np.float32([1]), np.float64([1]))
    (inf, ())
    """
    if got.shape != want.shape or got.dtype != want.dtype:
        return np.inf, ()
    with np.errstate(invalid="ignore", over="ignore"):
        d = np.abs(got.astype(np.float64) - want) / np.maximum(1, np.maximum(np.abs(got), np.abs(want)))
    d = np.where((got == want) | (np.isnan(got) & np.isnan(want)), 0, np.where(np.isfinite(got) & np.isfinite(want), d, np.inf))
    if d.size == 0 or d.max() == 0:
        return 0.0, ()
    at = np.unravel_index(d.argmax(), d.shape)
    return float(d[at]), tuple(int(i) for i in at)


def check(path):
    """Returns the complaints about one module, and the largest difference by operation and type."""
    numbers = load_file(path.with_suffix(".safetensors"))
    about = json.loads(path.with_suffix(".json").read_text())
    arguments = [numbers[f"argument.{i}"] for i in range(sum(k.startswith("argument.") for k in numbers))]
    want = [numbers[f"result.{i}"] for i in range(len(about))]
    try:
        results = load(path.read_text(), arguments, want)(*arguments)
    except Exception as e:  # whatever JAX and XLA raise
        return [f"{path.name}: {type(e).__name__}: {e}"], {}
    complaints, largest = [], {}
    for a, w, r in zip(about, want, results):
        g = np.asarray(r)
        d, at = difference(g, w)
        key = a["row"], str(w.dtype)
        largest[key] = max(largest.get(key, 0), d)
        if not d <= a["tolerance"]:
            complaints.append(
                f"{path.name}: {a['row']} {a['call']}, {a['what']}, {w.dtype}{list(w.shape)} at {at}: "
                f"XLA has {g[at] if g.shape == w.shape else g}, this engine {w[at]}: {d:.2g} apart, allowed are {a['tolerance']:g}"
            )
    return complaints, largest


def compile_iree(program, path):
    """Returns what IREE's compiler complains of, short of machine code, for which it takes minutes. Some modules are for
    XLA alone."""
    if "-xla-" in path.name:
        return []
    target = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu"]
    run = subprocess.run([program, "--iree-input-type=stablehlo", *target, "--compile-to=stream", str(path), "-o", os.devnull], capture_output=True, text=True)
    return [] if run.returncode == 0 else [f"{path.name}: iree-compile: {run.stderr[:2000]}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--iree-compile", help="IREE's compiler, to which modules are given as well but for those that only XLA takes")
    parser.add_argument("--verbose", action="store_true", help="list the largest difference of every operation")
    options = parser.parse_args()

    began = time.monotonic()
    modules = sorted(options.directory.glob("*.mlir"))
    if not modules:
        sys.exit(f"{options.directory} has no modules")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(check, modules))
        if options.iree_compile:
            found += [(c, {}) for c in pool.map(lambda m: compile_iree(options.iree_compile, m), modules)]
    complaints = [c for f, _ in found for c in f]
    largest = {}
    for _, l in found:
        for key, d in l.items():
            largest[key] = max(largest.get(key, 0), d)
    if options.verbose:
        for (row, dtype), d in sorted(largest.items()):
            print(f"{row:24} {dtype:8} {d:.2g}")
    for c in complaints:
        print(c)
    print(
        f"XLA of jax {jax.__version__}: {len(modules)} modules, {len({row for row, _ in largest})} operations, "
        f"{len(complaints)} complaints, {time.monotonic() - began:.0f} s"
    )
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    import doctest

    if doctest.testmod().failed:
        sys.exit(1)
    main()
