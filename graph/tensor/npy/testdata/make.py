"""Makes the files beside it: python make.py. Written with NumPy 2.4.6."""

import os
import numpy as np
from numpy.lib import format

os.chdir(os.path.dirname(os.path.abspath(__file__)))
hard = np.array([0.0, -0.0, 0.1, np.pi, 1.7976931348623157e308, 5e-324, np.inf, -np.inf, np.nan])
counted = np.arange(24).reshape(2, 3, 4)

arrays = {
    "f8": hard,
    "f4": np.array([[0.1, -0.0, 3.4028235e38], [1e-45, np.inf, -1.5]], np.float32),
    "f2": np.array([0.1, -0.0, 65504, 6e-8, -6.1e-5, np.inf], np.float16),
    "f8_scalar": np.array(7.5),
    "f8_empty": np.zeros((0, 3)),
    "f8_3d": counted.astype(np.float64),
    "f8_fortran": np.asfortranarray(counted.astype(np.float64)),
    "f4_fortran": np.asfortranarray(counted.astype(np.float32)),
    "f8_big": hard.astype(">f8"),
    "i8": np.array([-1, 2**53, -(2**60)]),
    "i8_inexact": np.array([1, 2**53 + 1]),
    "i4_big": np.array([-2, 3], ">i4"),
    "i2": np.array([-2, 3], np.int16),
    "i1": np.array([-128, 127], np.int8),
    "u8": np.array([2**63, 3], np.uint64),
    "u4": np.array([2**32 - 1], np.uint32),
    "u2": np.array([2**16 - 1], np.uint16),
    "u1": np.array([[0, 255]], np.uint8),
    "b1": np.array([True, False]),
    "complex": np.array([1j]),
    "text": np.array(["a", "b"]),
    "record": np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]),
    "date": np.array(["2026-11-26"], "datetime64[D]"),
}
for name, a in arrays.items():
    np.save(name + ".npy", a)
np.save("object.npy", np.array([None, 1], dtype=object), allow_pickle=True)
for version in (2, 3):
    with open(f"f8_version{version}.npy", "wb") as f:
        format.write_array(f, arrays["f8_3d"], (version, 0))

parts = {"weight": arrays["f4"], "label": np.array([3, 1, 2]), "text": arrays["text"]}
np.savez("arrays.npz", **parts)
np.savez_compressed("compressed.npz", **parts)
