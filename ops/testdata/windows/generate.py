"""Writes cases.json: convolutions and pooling with dilation, groups and padding, by JAX in float64.

Each case has operands, a cotangent ct and directions v, and of the loss Σ ct·y² the result y, the gradients by the
operands, and the derivatives of Σ gradient·v by the operands: the Hessian times v. It shares nothing with the Go code.

    python3 -m venv venv && venv/bin/pip install jax && venv/bin/python generate.py

Written with Python 3.11 and JAX 0.10.2.
"""

import json
import os

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from jax import lax

rng = np.random.default_rng(1)


def numbers(shape):
    """Different numbers with few digits, so that no window has two largest ones. None is 0."""
    n = int(np.prod(shape))
    return (rng.permutation(2 * n)[:n].reshape(shape) - n + 0.5) / 4


def conv(stride, padding, dilation, groups):
    spatial = "HW"[-len(stride):]
    names = ("NC" + spatial, "OI" + spatial, "NC" + spatial)

    def f(x, w):
        return lax.conv_general_dilated(x, w, stride, [(p, p) for p in padding], rhs_dilation=dilation,
                                        dimension_numbers=names, feature_group_count=groups,
                                        precision=lax.Precision.HIGHEST)
    return f


def pool(kind, size, stride, padding):
    """Every window by itself, as a slice of an image."""
    def f(x):
        h, w = x.shape[-2:]
        rows = [(h + 2 * padding[0] - size[0]) // stride[0] + 1, (w + 2 * padding[1] - size[1]) // stride[1] + 1]
        out = []
        for i in range(rows[0]):
            for j in range(rows[1]):
                a, b = i * stride[0] - padding[0], j * stride[1] - padding[1]
                part = x[..., max(a, 0):a + size[0], max(b, 0):b + size[1]]
                if kind == "max_pool2d":
                    out.append(part.max(axis=(-2, -1)))
                elif kind == "avg_pool2d":
                    out.append(part.sum(axis=(-2, -1)) / (size[0] * size[1]))
                else:
                    out.append(part.mean(axis=(-2, -1)))
        return jnp.stack(out, axis=-1).reshape(*x.shape[:-2], *rows)
    return f


def case(op, f, shapes, **config):
    operands = [numbers(s) for s in shapes]
    v = [numbers(s) for s in shapes]
    y = f(*operands)
    ct = numbers(y.shape)
    loss = lambda *a: jnp.sum(ct * f(*a) ** 2)
    grad = jax.grad(loss, argnums=tuple(range(len(shapes))))
    along = lambda *a: sum(jnp.sum(g * d) for g, d in zip(grad(*a), v))
    hessian = jax.grad(along, argnums=tuple(range(len(shapes))))(*operands)
    plain = lambda arrays: [np.asarray(a).tolist() for a in arrays]
    return {"op": op, **config, "operands": plain(operands), "ct": ct.tolist(), "v": plain(v),
            "y": np.asarray(y).tolist(), "grad": plain(grad(*operands)), "hessian": plain(hessian)}


cases = []
for x, w, stride, padding, dilation, groups in [
    ((2, 3, 5, 4), (2, 3, 2, 3), (1, 2), (0, 1), (1, 1), 1),
    ((1, 2, 7, 6), (3, 2, 3, 2), (1, 1), (0, 0), (2, 3), 1),
    ((2, 2, 6, 5), (2, 2, 3, 3), (2, 1), (3, 2), (2, 2), 1),
    ((2, 4, 3, 4), (6, 2, 2, 2), (1, 1), (1, 0), (1, 1), 2),
    ((1, 3, 5, 5), (3, 1, 3, 3), (1, 1), (1, 1), (1, 1), 3),
    ((2, 3, 5, 4), (6, 1, 2, 3), (2, 2), (1, 1), (1, 1), 3),
    ((1, 4, 6, 7), (4, 2, 2, 3), (2, 1), (2, 1), (3, 2), 2),
    ((1, 1, 1, 1), (2, 1, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 4, 9), (6, 2, 3), (2,), (3,), (2,), 2),
    ((2, 3, 6), (3, 1, 2), (1,), (4,), (4,), 3),
]:
    cases.append(case("conv%dd" % len(stride), conv(stride, padding, dilation, groups), (x, w),
                      stride=stride, padding=padding, dilation=dilation, groups=groups))
for x, size, stride, padding in [
    ((2, 4, 6), (2, 3), (2, 3), (0, 0)),
    ((2, 3, 4), (2, 2), (2, 2), (1, 1)),
    ((1, 2, 5, 5), (3, 3), (2, 1), (1, 1)),
    ((1, 2, 3), (8, 9), (3, 1), (4, 4)),
    ((1, 5), (1, 3), (1, 2), (0, 1)),
]:
    for op in ("max_pool2d", "avg_pool2d", "avg_pool2d inside"):
        cases.append(case(op, pool(op, size, stride, padding), (x,), size=size, stride=stride, padding=padding))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
