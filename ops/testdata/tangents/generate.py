"""Writes cases.json: matrix factorizations, cumulative products and recurrent layers with their tangents, by JAX in float64.

Each case has operands, directions v and a cotangent ct, and for the results, flattened one behind the other, the values y,
the derivative dy along v, and of the loss Σ ct·y² the derivative of the gradients along v: the Hessian times v. Signs that a
factorization leaves open are those of ops. It shares nothing with the Go code.

    python3 -m venv venv && venv/bin/pip install jax && venv/bin/python generate.py

Written with Python 3.11 and JAX 0.10.2.
"""

import json
import os

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(1)


def signs(x):
    """The signs of the largest element of every column."""
    at = jnp.argmax(jnp.abs(x), axis=-2)
    return jax.lax.stop_gradient(jnp.sign(jnp.take_along_axis(x, at[..., None, :], axis=-2)))


def eigh(a):
    w, v = jnp.linalg.eigh((a + jnp.swapaxes(a, -1, -2)) / 2)
    return w, v * signs(v)


def svd(a):
    u, s, vt = jnp.linalg.svd(a, full_matrices=False)
    sign = signs(u)
    return u * sign, s, vt * jnp.swapaxes(sign, -1, -2)


def qr(a):
    q, r = jnp.linalg.qr(a)
    sign = jax.lax.stop_gradient(jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1)))
    return q * sign[..., None, :], r * sign[..., :, None]


def cholesky(a):
    return (jnp.linalg.cholesky((a + jnp.swapaxes(a, -1, -2)) / 2),)


def gru(x, h, w, u, b, c):
    out = []
    for t in range(x.shape[1]):
        xr, xz, xn = jnp.split(x[:, t] @ w + b, 3, axis=-1)
        hr, hz, hn = jnp.split(h @ u + c, 3, axis=-1)
        r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
        h = (1 - z) * jnp.tanh(xn + r * hn) + z * h
        out.append(h)
    return (jnp.stack(out, axis=1),)


def lstm(x, h, c, w, u, b, d):
    out = []
    for t in range(x.shape[1]):
        i, f, g, o = jnp.split(x[:, t] @ w + b + h @ u + d, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        out.append(h)
    return jnp.stack(out, axis=1), c


def numbers(*shape):
    """Numbers with few digits, none of them 0 or equal to another."""
    n = int(np.prod(shape))
    return (rng.permutation(2 * n)[:n].reshape(shape) - n + 0.5) / n


def positive(*shape):
    a = numbers(*shape)
    return a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])


def case(op, f, *operands, axis=None):
    v = tuple(numbers(*a.shape) for a in operands)

    def flat(*xs):
        return jnp.concatenate([y.reshape(-1) for y in f(*xs)])

    y, dy = jax.jvp(flat, operands, v)
    ct = numbers(*y.shape)
    grad = jax.grad(lambda *xs: jnp.sum(ct * flat(*xs) ** 2), argnums=tuple(range(len(operands))))
    hessian = jax.jvp(grad, operands, v)[1]
    plain = lambda arrays: [np.asarray(a).tolist() for a in arrays]
    return {"op": op, "axis": axis, "operands": plain(operands), "v": plain(v), "ct": ct.tolist(), "y": y.tolist(),
            "dy": dy.tolist(), "hessian": plain(hessian)}


def cumprod(axis):
    return lambda x: (jnp.cumprod(x, axis=axis),)


def layer(gates, states, rows, time, inputs, n):
    return [numbers(rows, time, inputs)] + [numbers(rows, n) for _ in range(states)] + [
        numbers(inputs, gates * n), numbers(n, gates * n), numbers(gates * n), numbers(gates * n)]


zeros = numbers(2, 5)
zeros[0, 2] = zeros[1, 1] = zeros[1, 3] = 0
cases = [
    case("eigh", eigh, numbers(4, 4)),
    case("eigh", eigh, numbers(2, 3, 3)),
    case("eigh", eigh, numbers(1, 1)),
    case("svd", svd, numbers(4, 4)),
    case("svd", svd, numbers(5, 3)),
    case("svd", svd, numbers(3, 5)),
    case("svd", svd, numbers(2, 3, 2)),
    case("svd", svd, numbers(1, 3)),
    case("qr", qr, numbers(4, 4)),
    case("qr", qr, numbers(5, 3)),
    case("qr", qr, numbers(2, 3, 2)),
    case("qr", qr, numbers(3, 1)),
    case("cholesky", cholesky, positive(4, 4)),
    case("det", lambda a: (jnp.linalg.det(a),), numbers(4, 4)),
    case("inv", lambda a: (jnp.linalg.inv(a),), positive(2, 3, 3)),
    case("solve", lambda a, b: (jnp.linalg.solve(a, b),), positive(4, 4), numbers(4, 2)),
    case("cumprod", cumprod(0), numbers(6), axis=0),
    case("cumprod", cumprod(1), zeros, axis=1),
    case("cumprod", cumprod(0), numbers(3, 4), axis=0),
    case("gru", gru, *layer(3, 1, 2, 3, 2, 2)),
    case("gru", gru, *layer(3, 1, 1, 1, 3, 2)),
    case("lstm", lstm, *layer(4, 2, 2, 3, 2, 2)),
    case("lstm", lstm, *layer(4, 2, 1, 1, 3, 2)),
]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
