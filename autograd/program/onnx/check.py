"""Runs the models of a directory in ONNX Runtime and compares the outputs with the ones that lie beside them.

    python3 check.py DIRECTORY

go test leaves the files there if CHAINRULE_ONNX names the directory: NAME.onnx, NAME.safetensors with "input X" and
"output X", and NAME.json, which says what the outputs are. The program ends with status 1 if a model is not well formed,
cannot be run, or has an output that is more than 1e-5 away, relative to the larger of a number and 1.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def difference(got, want):
    """Returns the largest relative difference of two arrays, inf if they differ in NaN, an infinity, shape or type.

    >>> difference(np.float32([1, np.nan, -np.inf]), np.float32([1, np.nan, -np.inf]))
    0.0
    >>> difference(np.float64([1, 2000]), np.float64([1, 1000]))
    0.5
    >>> difference(np.float32([np.nan]), np.float32([1])), difference(np.float32([1]), np.float64([1]))
    (inf, inf)
    """
    if got.shape != want.shape or got.dtype != want.dtype:
        return np.inf
    got, want = got.astype(np.float64), want.astype(np.float64)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(invalid="ignore"):
        d = np.abs(got - want) / np.maximum(1, np.maximum(np.abs(got), np.abs(want)))
    d = np.where(same, 0, np.where(np.isfinite(got) & np.isfinite(want), d, np.inf))
    return float(d.max(initial=0))


def has_doubles(path):
    """Reports whether an input or output of a model is float64."""
    graph = onnx.load(path).graph
    return any(v.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE for v in [*graph.input, *graph.output])


def check(path):
    """Returns the complaints about one model, and whether the runtime has kernels for it."""
    numbers = load_file(path.with_suffix(".safetensors"))
    about = json.loads(path.with_suffix(".json").read_text())
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        wanted = [o.name for o in session.get_outputs()]
        results = session.run(wanted, {k[6:]: v for k, v in numbers.items() if k.startswith("input ")})
    except Exception as e:  # whatever the checker and the runtime raise
        if ("NOT_IMPLEMENTED" in str(e) or "not support double" in str(e)) and has_doubles(path):
            return [], False  # the runtime has few kernels for float64
        return [f"{path.stem}: {type(e).__name__}: {e}"], True
    complaints = []
    for what, name, got in zip(about, wanted, results, strict=True):
        want = numbers["output " + name]
        d = difference(np.asarray(got), want)
        if not d <= TOLERANCE:
            complaints.append(f"{path.stem}: {what}: ONNX Runtime has {got}, this engine {want}: {d:.2g} apart")
    return complaints, True


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    models = sorted(parser.parse_args().directory.glob("*.onnx"))
    if not models:
        sys.exit("the directory has no models")
    onnxruntime.set_default_logger_severity(4)  # exceptions say it too
    found = [check(m) for m in models]
    complaints = [c for f, _ in found for c in f]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    print(f"ONNX Runtime {onnxruntime.__version__}: {sum(ran for _, ran in found)} of {len(models)} models ran, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    import doctest

    if doctest.testmod().failed:
        sys.exit(1)
    main()
