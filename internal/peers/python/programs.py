"""The small programs of internal/programs, as JAX takes them: functions of scalars, and the point around which they are evaluated."""

import math

import jax.numpy as jnp
from jax.scipy.special import erfc

from peer import noise


def points(at, n):
    """n points around one, the same in every language."""
    return at * (1 + 0.1 * noise(n * len(at), 5).reshape(n, len(at)))


def logistic(x):
    return 1 / (1 + jnp.exp(-x))


def network222(w1, w2, w3, w4, w5, w6, w7, w8, b1, b2):
    h1 = logistic(w1 * 0.05 + w2 * 0.10 + b1)
    h2 = logistic(w3 * 0.05 + w4 * 0.10 + b1)
    o1 = logistic(w5 * h1 + w6 * h2 + b2)
    o2 = logistic(w7 * h1 + w8 * h2 + b2)
    e1, e2 = o1 - 0.01, o2 - 0.99
    return 0.5 * (e1 * e1) + 0.5 * (e2 * e2)


def normal(x):
    return 0.5 * erfc(x * (-1 / math.sqrt(2)))


def blackscholes(spot, strike, volatility, rate, maturity):
    spread = volatility * jnp.sqrt(maturity)
    drift = (rate + 0.5 * (volatility * volatility)) * maturity
    d1 = (jnp.log(spot / strike) + drift) / spread
    d2 = d1 - spread
    return spot * normal(d1) - strike * jnp.exp(-rate * maturity) * normal(d2)


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def bundle(*p):
    rotation, centre, focal, principal, radial = p[0:3], p[3:6], p[6], p[7:9], p[9:11]
    point, weight, seen = p[11:14], p[14], p[15:17]
    x = [a - b for a, b in zip(point, centre)]
    angle = jnp.sqrt(dot(rotation, rotation))
    axis = [a / angle for a in rotation]
    sin, cos = jnp.sin(angle), jnp.cos(angle)
    along = dot(axis, x) * (1 - cos)
    turned = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        turned.append(x[i] * cos + (axis[j] * x[k] - axis[k] * x[j]) * sin + axis[i] * along)
    u, v = turned[0] / turned[2], turned[1] / turned[2]
    r2 = u * u + v * v
    scale = focal * (radial[0] * r2 + radial[1] * (r2 * r2) + 1)
    e1 = weight * (u * scale + principal[0] - seen[0])
    e2 = weight * (v * scale + principal[1] - seen[1])
    e3 = 1 - weight * weight
    return e1 * e1 + e2 * e2 + e3 * e3


def logsumexp(xs):
    top = xs[0]
    for x in xs[1:]:
        top = jnp.maximum(top, x)
    total = 0.0
    for x in xs:
        total = total + jnp.exp(x - top)
    return top + jnp.log(total)


def mixture(*p):
    x, parts = p[:2], p[2:]
    alphas, terms = [], []
    for k in range(5):
        a, m0, m1, q0, q1, below = parts[6 * k : 6 * k + 6]
        c0, c1 = x[0] - m0, x[1] - m1
        z0 = jnp.exp(q0) * c0
        z1 = jnp.exp(q1) * c1 + below * c0
        alphas.append(a)
        terms.append(a + (q0 + q1) - 0.5 * (z0 * z0 + z1 * z1))
    return logsumexp(terms) - logsumexp(alphas) - 1.8378770664093454836


PROGRAMS = {
    "network222": (network222, [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55, 0.35, 0.60]),
    "blackscholes": (blackscholes, [100, 105, 0.2, 0.05, 0.75]),
    "bundle": (bundle, [0.1, -0.2, 0.3, 0.5, -0.4, -2, 1.3, 0.02, -0.03, 0.05, -0.01, 0.7, 0.9, 1.5, 0.8, 0.3, 0.4]),
    "mixture": (mixture, [((i * 7919 + 37) % 200 - 100) / 100 for i in range(32)]),
}
