"""Writes bits.txt: what JAX's generator threefry2x32 makes of keys, streams and places.

    python generate.py > bits.txt

Written with Python 3.11 and jax 0.10.2. The lines "bits" are jax.random.bits of the raw key [seed, step], in row-major
order. The lines "block" are blocks of the generator itself; the first three are the known answers of Random123,
examples/kat_vectors.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry2x32_p

assert jax.config.jax_threefry_partitionable

KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


def block(key, counter):
    words = [jnp.array([w], jnp.uint32) for w in (*key, *counter)]
    return tuple(int(y[0]) for y in threefry2x32_p.bind(*words))


print(f"# written by generate.py with jax {jax.__version__}")
for key, counter, want in KNOWN:
    assert block(key, counter) == want
rng = np.random.default_rng(1)
cases = [(k, c) for k, c, _ in KNOWN]
cases += [tuple(tuple(int(w) for w in rng.integers(0, 2**32, 2)) for _ in range(2)) for _ in range(5)]
for key, counter in cases:
    print("block", *(f"{w:08x}" for w in (*key, *counter, *block(key, counter))))
print("# bits SEED STEP SHAPE: WORDS")
for seed, step, shape in [(0, 0, (4,)), (7, 3, (2, 3)), (1 << 24, 1, (3, 1, 2)), (123456, 1 << 24, (5,)), (42, 0, ())]:
    words = np.asarray(jax.random.bits(jnp.array([seed, step], jnp.uint32), shape, jnp.uint32)).ravel()
    print("bits", seed, step, "(" + ",".join(map(str, shape)) + ")", *(f"{w:08x}" for w in words))
