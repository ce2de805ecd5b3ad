#!/usr/bin/env python3
"""Writes cases.json, the oracle that the Go tests of ops compare with.

Three programs that share nothing with the Go code look at every case:

  1. a scalar tape over mpmath numbers of 80 digits (class N below). Its
     results, rounded once to float64, are what the file holds;
  2. PyTorch in float64 with its own fused operations;
  3. central differences of program 1's values (not of its derivative rules),
     again with 80 digits.

A generic case must agree with 2 and with 3 to 1e-12, relatively and element
by element, or nothing is written (exceptions: PyTorch's trigamma, 1e-9; no
differences for stop_gradient and for comparisons of equal operands).
An edge case names the checks that hold there ("torch", "fd") or states value
and gradients by hand (expect=...), because at an edge the promise may be
chainrule's own; it needs at least one of these.

The expressions are parsed with Python's ast: for calls, + - * /, numbers and
names its grammar and Go's are the same.

No arguments. Deterministic: numbers come from the generator of class LCG.
"""

import ast
import itertools
import json
import math
import os
import sys

import mpmath
import numpy as np
import torch
import torch.nn.functional as F
from mpmath import mp, mpf

mp.dps = 80
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

HERE = os.path.dirname(os.path.abspath(__file__))
INF, NAN = float("inf"), float("nan")
PI = math.pi

# Every function of the expression language. The script fails if one of them
# has fewer than two generic cases or no edge case.
FUNCTIONS = """
neg abs sign exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal
sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
sigmoid logsigmoid softplus relu silu gelu erf erfc lgamma digamma
floor ceil round trunc leaky_relu elu clamp
add sub mul div pow maximum minimum atan2 hypot
where gt ge lt le eq ne
sum mean prod max min variance std logsumexp norm cumsum
matmul dot outer transpose permute solve inv det logdet cholesky trace
reshape broadcast concat stack slice gather squeeze unsqueeze flip pad
softmax log_softmax mse cross_entropy bce bce_with_logits
conv2d max_pool2d avg_pool2d layer_norm stop_gradient
entr sinc logit erfinv erfcinv xlogy xlog1py lbeta digamma_difference
variance_ddof std_ddof pnorm huber kl_div index erfcx
rms_norm
""".split()


# ---------------------------------------------------------------------------
# Program 1: a tape of scalars with 80 digits
# ---------------------------------------------------------------------------

MAX = mpf(2) ** 1024 - mpf(2) ** 970  # from here on float64 rounds to infinity


class N:
    """A scalar node: value, and (parent, local derivative) pairs."""

    __slots__ = ("v", "ins", "id")
    count = itertools.count()

    def __init__(self, v, ins=()):
        self.v, self.ins, self.id = mpf(v), ins, next(N.count)

    def __add__(a, b):
        return N(a.v + b.v, ((a, 1), (b, 1)))

    def __sub__(a, b):
        return N(a.v - b.v, ((a, 1), (b, -1)))

    def __mul__(a, b):
        return N(a.v * b.v, ((a, b.v), (b, a.v)))

    def __truediv__(a, b):
        # IEEE: the only zero here is +0.
        if b.v == 0:
            q = mp.nan if a.v == 0 or mp.isnan(a.v) else mp.inf * mp.sign(a.v)
            return N(q, ((a, mp.inf), (b, -q * mp.inf)))
        q = a.v / b.v
        return N(q, ((a, 1 / b.v), (b, -q / b.v)))

    def __neg__(a):
        return N(-a.v, ((a, -1),))


def sweep(root):
    """Adjoints of all nodes below root. An adjoint of exactly 0 contributes
    nothing, whatever the local derivative is (Inf, NaN): the design's promise."""
    seen, stack = {root.id: root}, [root]
    while stack:
        for p, _ in stack.pop().ins:
            if p.id not in seen:
                seen[p.id] = p
                stack.append(p)
    adj = {root.id: mpf(1)}
    for i in sorted(seen, reverse=True):
        w = adj.get(i, mpf(0))
        if w == 0:
            continue
        for p, d in seen[i].ins:
            adj[p.id] = adj.get(p.id, mpf(0)) + w * d
    return adj


def arr(nodes, shape):
    a = np.empty(len(nodes), dtype=object)
    for i, n in enumerate(nodes):
        a[i] = n
    return a.reshape(shape)


def const(x):
    a = np.empty((), dtype=object)
    a[()] = N(x)
    return a


def elementwise(f, *xs):
    """Applies f to nodes, with broadcasting; always an array, also 0-d."""
    bs = np.broadcast_arrays(*xs)
    return arr([f(*t) for t in zip(*(b.ravel() for b in bs))], bs[0].shape)


def saturate(a):
    """What float64 cannot hold is an infinity."""
    for n in a.ravel():
        if mp.isfinite(n.v) and abs(n.v) >= MAX:
            n.v = mp.inf * mp.sign(n.v)
    return a


def real(f, lo=-mp.inf, hi=mp.inf):
    """f on [lo, hi], NaN outside."""
    return lambda x: f(x) if not mp.isnan(x) and lo <= x <= hi else mp.nan


def div0(a, b):
    """a/b with IEEE's 1/0."""
    if mp.isnan(a) or mp.isnan(b):
        return mp.nan
    if b == 0:
        return mp.nan if a == 0 else mp.inf * mp.sign(a)
    return a / b


def at(x, table, f):
    """f(x), but table[x] where x is listed there."""
    return table[x] if x in table else f(x)


def cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def pdf(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def sigma(x):
    # Written so that neither side loses digits.
    return 1 / (1 + mp.exp(-x)) if x >= 0 else mp.exp(x) / (1 + mp.exp(x))


def softplus(x):
    return max(x, mpf(0)) + mp.log1p(mp.exp(-abs(x)))


def lgamma(x):
    if mp.isinf(x):
        return mp.inf
    return mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x)))


def entr(x):
    return -mp.inf if x < 0 else mpf(0) if x == 0 else -x * mp.log(x)


def dsinc(x):
    z = mp.pi * x
    if abs(x) < mpf(10) ** -15:  # the next terms of the series are below 80 digits
        return -z * mp.pi / 3 * (1 - z**2 / 10 + z**4 / 280 - z**6 / 15120)
    return (mp.cospi(x) - mp.sinpi(x) / z) / x


def erfcinv(x):
    """By Newton's method on ln erfc."""
    if x == 0 or x == 2:
        return mp.inf * (1 - x)
    if x >= 1:
        return -erfcinv(2 - x) if x > 1 else mpf(0)
    y = mp.sqrt(-mp.log(x / 2))
    step = mpf(1)
    while abs(step) > mpf(10) ** (-mp.dps // 2):  # what is left of the error is the square of the last step
        step = (mp.log(mp.erfc(y)) - mp.log(x)) * mp.erfc(y) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        y += step
    return y


def erfinv(x):
    if abs(x) < mpf(10) ** -20:
        t = mp.sqrt(mp.pi) / 2 * x
        return t + t**3 / 3 + 7 * t**5 / 30
    return mp.sign(x) * erfcinv(1 - abs(x))


def bell(y):
    return mpf(0) if mp.isinf(y) else 2 / mp.sqrt(mp.pi) * mp.exp(-y * y)


def nearest_even(x):
    return x if not mp.isfinite(x) else mpf(round(float(x)))


def zero(x):
    return mpf(0)


I = mp.inf

# name: (value, derivative), both of an mpf. At the kinks: DESIGN's promises.
UNARY = {
    "neg": (lambda x: -x, lambda x: mpf(-1)),
    "abs": (abs, mp.sign),
    "sign": (mp.sign, zero),
    "exp": (mp.exp, mp.exp),
    "expm1": (mp.expm1, mp.exp),
    "log": (real(lambda x: at(x, {0: -I}, mp.log), 0), lambda x: div0(mpf(1), x)),
    "log1p": (real(lambda x: at(x, {-1: -I}, mp.log1p), -1), lambda x: div0(mpf(1), 1 + x)),
    "log2": (real(lambda x: at(x, {0: -I}, lambda x: mp.log(x) / mp.log(2)), 0), lambda x: div0(1 / mp.log(2), x)),
    "log10": (real(lambda x: at(x, {0: -I}, mp.log10), 0), lambda x: div0(1 / mp.log(10), x)),
    "sqrt": (real(mp.sqrt, 0), real(lambda x: div0(mpf(1) / 2, mp.sqrt(x)), 0)),
    "rsqrt": (real(lambda x: div0(mpf(1), mp.sqrt(x)), 0), real(lambda x: -div0(mpf(1), x * mp.sqrt(x)) / 2, 0)),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "reciprocal": (lambda x: div0(mpf(1), x), lambda x: -div0(mpf(1), x * x)),
    "sin": (real(lambda x: mp.nan if mp.isinf(x) else mp.sin(x)), real(lambda x: mp.nan if mp.isinf(x) else mp.cos(x))),
    "cos": (real(lambda x: mp.nan if mp.isinf(x) else mp.cos(x)), real(lambda x: mp.nan if mp.isinf(x) else -mp.sin(x))),
    "tan": (real(lambda x: mp.nan if mp.isinf(x) else mp.tan(x)), real(lambda x: mp.nan if mp.isinf(x) else mp.sec(x) ** 2)),
    "asin": (real(mp.asin, -1, 1), real(lambda x: div0(mpf(1), mp.sqrt(1 - x * x)), -1, 1)),
    "acos": (real(mp.acos, -1, 1), real(lambda x: -div0(mpf(1), mp.sqrt(1 - x * x)), -1, 1)),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "tanh": (mp.tanh, lambda x: mpf(0) if mp.isinf(x) else mp.sech(x) ** 2),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(x * x + 1)),
    "acosh": (real(mp.acosh, 1), real(lambda x: div0(mpf(1), mp.sqrt(x * x - 1)), 1)),
    "atanh": (real(lambda x: at(x, {1: I, -1: -I}, mp.atanh), -1, 1), real(lambda x: div0(mpf(1), 1 - x * x), -1, 1)),
    "sigmoid": (sigma, lambda x: sigma(x) * sigma(-x)),
    "logsigmoid": (lambda x: -softplus(-x), lambda x: sigma(-x)),
    "softplus": (softplus, sigma),
    "relu": (lambda x: max(x, mpf(0)), lambda x: mpf(1 if x > 0 else 0)),
    "silu": (lambda x: x * sigma(x), lambda x: sigma(x) * (1 + x * sigma(-x))),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * pdf(x)),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "erfc": (mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "lgamma": (lgamma, lambda x: mp.inf if mp.isinf(x) else mp.digamma(x)),
    "digamma": (mp.digamma, lambda x: mp.polygamma(1, x)),
    "floor": (mp.floor, zero),
    "ceil": (mp.ceil, zero),
    "round": (nearest_even, zero),
    "trunc": (lambda x: mp.sign(x) * mp.floor(abs(x)), zero),
    "entr": (entr, lambda x: mp.nan if x < 0 else mp.inf if x == 0 else -mp.log(x) - 1),
    "sinc": (lambda x: mpf(0) if mp.isinf(x) else mp.sinpi(x) / (mp.pi * x) if x else mpf(1), lambda x: mpf(0) if mp.isinf(x) or x == 0 else dsinc(x)),
    "logit": (real(lambda x: at(x, {0: -I, 1: I}, lambda x: mp.log(x) - mp.log1p(-x)), 0, 1), real(lambda x: div0(mpf(1), x * (1 - x)), 0, 1)),
    "erfinv": (real(erfinv, -1, 1), real(lambda x: div0(mpf(1), bell(erfinv(x))), -1, 1)),
    "erfcinv": (real(erfcinv, 0, 2), real(lambda x: -div0(mpf(1), bell(erfcinv(x))), 0, 2)),
}


def unary(name):
    f, df = UNARY[name]

    def node(n):
        if mp.isnan(n.v):
            return N(mp.nan, ((n, df(n.v) if name in ("neg", "square") else mp.nan),))
        return N(f(n.v), ((n, df(n.v)),))

    return lambda x: elementwise(node, x)


def pow_node(a, b):
    x, y = a.v, b.v

    def value(x, y):
        if y == 0:
            return mpf(1)  # also for NaN, as IEEE has it
        if mp.isnan(x) or mp.isnan(y):
            return mp.nan
        if x == 0:
            return mpf(0) if y > 0 else mp.inf
        if x < 0 and y != mp.floor(y):
            return mp.nan
        return x ** int(y) if x < 0 else x**y

    v = value(x, y)
    dx = mpf(0) if y == 0 else y * value(x, y - 1)
    if x < 0 or mp.isnan(x):
        dy = mp.nan
    elif x == 0:
        dy = mpf(0) if y >= 0 else -mp.inf
    else:
        dy = v * mp.log(x)
    return N(v, ((a, dx), (b, dy)))


def extreme_node(sign):
    """maximum (sign +1), minimum (-1): half to each of two equal operands."""

    def node(a, b):
        d = sign * (a.v - b.v)
        da = mpf(1) / 2 if d == 0 else mpf(1 if d > 0 else 0)
        return N(a.v if d >= 0 else b.v, ((a, da), (b, 1 - da)))

    return node


def atan2_node(y, x):
    r = x.v**2 + y.v**2
    return N(mp.atan2(y.v, x.v), ((y, x.v / r), (x, -y.v / r)))


def hypot_node(a, b):
    r = mp.hypot(a.v, b.v)
    return N(r, ((a, a.v / r), (b, b.v / r)) if r else ((a, 0), (b, 0)))


def clamp_node(n, lo, hi):
    v = min(max(n.v, lo), hi)
    return N(v, ((n, 1 if lo <= n.v <= hi else 0),))


def log_node(c):
    """x·ln(y+c), 0 where x is 0 and y not NaN."""

    def node(x, y):
        u = y.v + c
        if mp.isnan(u) or u < 0:
            l = q = mp.nan
        else:
            l, q = mp.log(u) if u else -mp.inf, div0(x.v, u)
        if x.v == 0 and not mp.isnan(u):
            return N(0, ((x, l), (y, 0)))
        return N(x.v * l, ((x, l), (y, q)))

    return node


def erfcx_node(n):
    x = n.v
    if mp.isinf(x):
        return N(mp.inf if x < 0 else 0, ((n, -mp.inf if x < 0 else 0),))
    y = mp.exp(x * x) * mp.erfc(x)
    return N(y, ((n, 2 * x * y - 2 / mp.sqrt(mp.pi)),))


def lbeta_node(a, b):
    if min(a.v, b.v) < 0:
        return N(mp.nan, ((a, mp.nan), (b, mp.nan)))
    if min(a.v, b.v) == 0 < max(a.v, b.v):
        return N(mp.inf, ((a, -mp.inf if a.v == 0 else 0), (b, -mp.inf if b.v == 0 else 0)))
    d = mp.digamma(a.v + b.v)
    return N(mp.loggamma(a.v) + mp.loggamma(b.v) - mp.loggamma(a.v + b.v), ((a, mp.digamma(a.v) - d), (b, mp.digamma(b.v) - d)))


def digamma_difference_node(a, b):
    d = mp.polygamma(1, a.v + b.v)
    if a.v == 0:
        return N(mp.inf, ((a, -mp.inf), (b, d)))
    return N(mp.digamma(a.v + b.v) - mp.digamma(a.v), ((a, d - mp.polygamma(1, a.v)), (b, d)))


# --- over lists of nodes ---------------------------------------------------


def total(ns):
    return N(mp.fsum(n.v for n in ns) if all(mp.isfinite(n.v) for n in ns) else sum((n.v for n in ns), mpf(0)),
             tuple((n, 1) for n in ns))


def mean(ns):
    s = total(ns)
    return N(s.v / len(ns), ((s, mpf(1) / len(ns)),))


def prod(ns):
    def of(ms):
        p = mpf(1)
        for m in ms:
            p *= m.v
        return p

    return N(of(ns), tuple((n, of(ns[:i] + ns[i + 1:])) for i, n in enumerate(ns)))


def extreme(pick):
    def f(ns):
        v = pick(n.v for n in ns)
        ties = sum(n.v == v for n in ns)
        return N(v, tuple((n, mpf(1) / ties if n.v == v else 0) for n in ns))

    return f


def moments(ns):
    m = mp.fsum(n.v for n in ns) / len(ns)
    return m, mp.fsum((n.v - m) ** 2 for n in ns) / len(ns)


def variance(ns):
    m, v = moments(ns)
    return N(v, tuple((n, 2 * (n.v - m) / len(ns)) for n in ns))


def std(ns):
    m, v = moments(ns)
    # A constant whose mean comes out exact: value 0, derivative 0.
    s = mp.sqrt(v)
    return N(s, tuple((n, (n.v - m) / (len(ns) * s) if s else 0) for n in ns))


def logsumexp(ns):
    # 80 digits and mpmath's unbounded exponents need no shift by the maximum.
    es = [mp.exp(n.v) for n in ns]
    s = mp.fsum(es)
    return N(mp.log(s), tuple((n, e / s) for n, e in zip(ns, es)))


def norm(ns):
    r = mp.sqrt(mp.fsum(n.v**2 for n in ns))
    return N(r, tuple((n, n.v / r if r else 0) for n in ns))


def variance_ddof(ddof):
    def f(ns):
        m, v = moments(ns)
        k = max(len(ns) - ddof, 0)
        return N(div0(v * len(ns), mpf(k)), tuple((n, div0(2 * (n.v - m), mpf(k))) for n in ns))

    return f


def std_ddof(ddof):
    def f(ns):
        m, v = moments(ns)
        k = max(len(ns) - ddof, 0)
        s = mp.sqrt(div0(v * len(ns), mpf(k)))
        if not mp.isfinite(s):
            return N(s, tuple((n, mp.nan) for n in ns))
        return N(s, tuple((n, (n.v - m) / (k * s) if s else 0) for n in ns))

    return f


def pnorm(p):
    def f(ns):
        r = mp.fsum(abs(n.v) ** p for n in ns) ** (1 / mpf(p))
        return N(r, tuple((n, mp.sign(n.v) * (abs(n.v) / r) ** (mpf(p) - 1) if n.v else 0) for n in ns))

    return f


def inner(xs, ys):
    return total([x * y for x, y in zip(xs, ys)])


# --- over arrays of nodes --------------------------------------------------


def reduction(f):
    def op(x, *axes):
        axes = [a % x.ndim for a in axes] or list(range(x.ndim))
        keep = [i for i in range(x.ndim) if i not in axes]
        shape = [x.shape[i] for i in keep]
        rows = np.transpose(x, keep + axes).reshape(int(np.prod(shape)), -1)
        return arr([f(list(r)) for r in rows], shape)

    return op


def along(f, x, axis):
    """Applies f: list of nodes -> list of nodes to every line along axis."""
    m = np.moveaxis(x, axis, -1)
    lines = [n for r in m.reshape(-1, m.shape[-1]) for n in f(list(r))]
    return np.moveaxis(arr(lines, m.shape), -1, axis)


def cumsum(x, axis):
    return along(lambda ns: [total(ns[: i + 1]) for i in range(len(ns))], x, axis)


def exp_node(n):
    return N(mp.exp(n.v), ((n, mp.exp(n.v)),))


def log_softmax(x, axis):
    def f(ns):
        s = logsumexp(ns)
        return [n - s for n in ns]

    return along(f, x, axis)


def softmax(x, axis):
    return elementwise(exp_node, log_softmax(x, axis))


def matmul(a, b):
    A = a[None, :] if a.ndim == 1 else a
    B = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    A = np.broadcast_to(A, batch + A.shape[-2:])
    B = np.broadcast_to(B, batch + B.shape[-2:])
    out = np.empty(batch + (A.shape[-2], B.shape[-1]), dtype=object)
    for i in np.ndindex(*out.shape):
        out[i] = inner(A[i[:-1]], B[i[:-2] + (slice(None), i[-1])])
    if a.ndim == 1:
        out = out[..., 0, :]
    if b.ndim == 1:
        out = out[..., 0]
    return np.asarray(out, dtype=object)


def batched(f, tail):
    """Maps f over the leading axes; f sees 2-d arrays, results have tail dims."""

    def op(*xs):
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in xs))
        xs = [np.broadcast_to(x, batch + x.shape[-2:]) for x in xs]
        outs = [np.asarray(f(*(x[i] for x in xs)), dtype=object) for i in np.ndindex(*batch)]
        shape = outs[0].shape
        return arr([n for o in outs for n in o.ravel()], batch + shape)

    return op


def eliminate(a, b):
    """Solves a x = b on the tape, Gauss and Jordan, largest pivot."""
    n = a.shape[0]
    m = [list(a[i]) + list(b[i]) for i in range(n)]
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(m[i][k].v))
        m[k], m[p] = m[p], m[k]
        pivot = m[k][k]
        m[k] = [e / pivot for e in m[k]]
        for i in range(n):
            if i != k:
                factor = m[i][k]
                m[i] = [e - factor * f for e, f in zip(m[i], m[k])]
    return arr([e for r in m for e in r[n:]], b.shape)


def solve(a, b):
    if b.ndim == 1:
        return batched(lambda a, b: eliminate(a, b), 2)(a, b[:, None])[..., 0]
    return batched(eliminate, 2)(a, b)


def inv2(a):
    return eliminate(a, arr([N(int(i == j)) for i, j in np.ndindex(*a.shape)], a.shape))


def det2(a):
    """Leibniz' formula, the polynomial itself: exact for singular matrices too,
    where its gradient is the transposed adjugate."""
    terms = []
    n = a.shape[0]
    for p in itertools.permutations(range(n)):
        sign = (-1) ** sum(p[i] > p[j] for i in range(n) for j in range(i + 1, n))
        t = prod([a[i][p[i]] for i in range(n)])
        terms.append(N(sign * t.v, ((t, sign),)))
    return const_node(total(terms))


def const_node(n):
    a = np.empty((), dtype=object)
    a[()] = n
    return a


def cholesky2(a):
    """Of (a + aᵀ)/2: this is what makes the gradient symmetric."""
    n = a.shape[0]
    half = N(mpf(1) / 2)
    s = [[(a[i][j] + a[j][i]) * half for j in range(n)] for i in range(n)]
    root = unary("sqrt")
    l = [[N(0) for _ in range(n)] for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            e = s[i][j]
            for k in range(j):
                e = e - l[i][k] * l[j][k]
            l[i][j] = root(const_node(e))[()] if i == j else e / l[j][j]
    return arr([e for r in l for e in r], (n, n))


def stop(n):
    return N(n.v)


def windows(x, kh, kw, stride):
    b, c, h, w = x.shape
    for i in range((h - kh) // stride + 1):
        for j in range((w - kw) // stride + 1):
            yield i, j, x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]


def conv2d(x, w, stride, padding):
    p = np.empty(x.shape[:2] + tuple(s + 2 * padding for s in x.shape[2:]), dtype=object)
    for i in np.ndindex(*p.shape):
        p[i] = N(0)
    p[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]] = x
    o, _, kh, kw = w.shape
    oh, ow = (p.shape[2] - kh) // stride + 1, (p.shape[3] - kw) // stride + 1
    out = np.empty((x.shape[0], o, oh, ow), dtype=object)
    for i, j, win in windows(p, kh, kw, stride):
        for b in range(x.shape[0]):
            for k in range(o):
                out[b, k, i, j] = inner(win[b].ravel(), w[k].ravel())
    return out


def pool(f):
    def op(x, k, stride):
        b, c, h, w = x.shape
        out = np.empty((b, c, (h - k) // stride + 1, (w - k) // stride + 1), dtype=object)
        for i, j, win in windows(x, k, k, stride):
            for q in np.ndindex(b, c):
                out[q + (i, j)] = f(list(win[q].ravel()))
        return out

    return op


def layer_norm(x, gain, bias, eps):
    def f(ns):
        m, v = mean(ns), variance(ns)
        r = unary("rsqrt")(const_node(v + N(eps)))[()]
        return [(n - m) * r for n in ns]

    return elementwise(lambda n, g, b: n * g + b, along(f, x, -1), gain, bias)


def rms_norm(x, gain, eps):
    def f(ns):
        r = unary("rsqrt")(const_node(mean([n * n for n in ns]) + N(eps)))[()]
        return [n * r for n in ns]

    return elementwise(lambda n, g: n * g, along(f, x, -1), gain)


def cross_entropy(z, *labels):
    l = log_softmax(z, -1)
    return const_node(-mean([l[i][k] for i, k in enumerate(labels)]))


def bce_node(p, t):
    # -(t ln p + (1-t) ln(1-p))
    v = -(t.v * mp.log(p.v) + (1 - t.v) * mp.log(1 - p.v))
    return N(v, ((p, (1 - t.v) / (1 - p.v) - t.v / p.v), (t, mp.log(1 - p.v) - mp.log(p.v))))


def bce_logits_node(z, t):
    # softplus(z) - t z
    return N(softplus(z.v) - t.v * z.v, ((z, sigma(z.v) - t.v), (t, -z.v)))


def huber_node(delta):
    def f(y, t):
        d = y.v - t.v
        s = min(max(d, -delta), delta)
        v = d * d / 2 if abs(d) <= delta else delta * (abs(d) - mpf(delta) / 2)
        return N(v, ((y, s), (t, -s)))

    return f


def kl_node(y, t):
    l = mp.log(t.v) if t.v > 0 else -mp.inf if t.v == 0 else mp.nan
    return N(t.v * (l - y.v) if t.v else 0, ((y, -t.v), (t, l + 1 - y.v)))


def averaged(f):
    return lambda a, b: const_node(mean(list(elementwise(f, a, b).ravel())))


def numeric(op):
    return lambda a, b: (op, np.vectorize(lambda p, q: bool(getattr(p.v, op)(q.v)), otypes=[bool])(*np.broadcast_arrays(a, b)))


def where(cond, a, b):
    _, mask = cond
    return elementwise(lambda m, p, q: N(p.v, ((p, 1), (q, 0))) if m else N(q.v, ((p, 0), (q, 1))), mask, a, b)


def scalar(a):
    return a[()].v


EXACT = {name: unary(name) for name in UNARY}
EXACT |= {
    "leaky_relu": lambda x, a: elementwise(
        lambda n: N(n.v if n.v > 0 else a * n.v, ((n, 1 if n.v > 0 else a),)), x),
    "elu": lambda x, a: elementwise(
        lambda n: N(n.v if n.v > 0 else a * mp.expm1(n.v), ((n, 1 if n.v > 0 else a * mp.exp(n.v)),)), x),
    "clamp": lambda x, lo, hi: elementwise(lambda n: clamp_node(n, lo, hi), x),
    "add": lambda a, b: elementwise(N.__add__, a, b),
    "sub": lambda a, b: elementwise(N.__sub__, a, b),
    "mul": lambda a, b: elementwise(N.__mul__, a, b),
    "div": lambda a, b: elementwise(N.__truediv__, a, b),
    "pow": lambda a, b: elementwise(pow_node, a, b),
    "maximum": lambda a, b: elementwise(extreme_node(1), a, b),
    "minimum": lambda a, b: elementwise(extreme_node(-1), a, b),
    "atan2": lambda a, b: elementwise(atan2_node, a, b),
    "hypot": lambda a, b: elementwise(hypot_node, a, b),
    "where": where,
    **{op: numeric(f"__{op}__") for op in ("gt", "ge", "lt", "le", "eq", "ne")},
    "sum": reduction(total),
    "mean": reduction(mean),
    "prod": reduction(prod),
    "max": reduction(extreme(max)),
    "min": reduction(extreme(min)),
    "variance": reduction(variance),
    "std": reduction(std),
    "logsumexp": reduction(logsumexp),
    "norm": reduction(norm),
    "cumsum": cumsum,
    "matmul": matmul,
    "dot": matmul,
    "outer": lambda a, b: elementwise(N.__mul__, a[:, None], b[None, :]),
    "transpose": lambda x: np.swapaxes(x, -1, -2),
    "permute": lambda x, *axes: np.transpose(x, axes),
    "solve": solve,
    "inv": batched(inv2, 2),
    "det": batched(det2, 0),
    "logdet": lambda a: unary("log")(batched(det2, 0)(a)),
    "cholesky": batched(cholesky2, 2),
    "trace": lambda a: const_node(total(list(np.diagonal(a)))),
    "reshape": lambda x, *dims: x.reshape(dims),
    "broadcast": lambda x, *dims: np.broadcast_to(x, dims),
    "concat": lambda axis, *xs: np.concatenate(xs, axis),
    "stack": lambda axis, *xs: np.stack(xs, axis),
    "slice": lambda x, axis, start, stop: np.moveaxis(np.moveaxis(x, axis, 0)[start:stop], 0, axis),
    "gather": lambda x, axis, *idx: np.take(x, idx, axis),
    "squeeze": lambda x, axis: np.squeeze(x, axis),
    "unsqueeze": lambda x, axis: np.expand_dims(x, axis),
    "flip": lambda x, axis: np.flip(x, axis),
    "pad": lambda x, axis, before, after: np.concatenate(
        [zeros_like_axis(x, axis, before), x, zeros_like_axis(x, axis, after)], axis),
    "softmax": softmax,
    "log_softmax": log_softmax,
    "mse": averaged(lambda y, t: (lambda d: d * d)(y - t)),
    "cross_entropy": cross_entropy,
    "bce": averaged(bce_node),
    "bce_with_logits": averaged(bce_logits_node),
    "conv2d": conv2d,
    "max_pool2d": pool(extreme(max)),
    "avg_pool2d": pool(mean),
    "layer_norm": layer_norm, "rms_norm": rms_norm,
    "stop_gradient": lambda x: elementwise(stop, x),
    "erfcx": lambda x: elementwise(erfcx_node, x),
    "xlogy": lambda x, y: elementwise(log_node(0), x, y),
    "xlog1py": lambda x, y: elementwise(log_node(1), x, y),
    "lbeta": lambda a, b: elementwise(lbeta_node, a, b),
    "digamma_difference": lambda a, b: elementwise(digamma_difference_node, a, b),
    "variance_ddof": lambda x, ddof, *axes: reduction(variance_ddof(ddof))(x, *axes),
    "std_ddof": lambda x, ddof, *axes: reduction(std_ddof(ddof))(x, *axes),
    "pnorm": lambda x, p, *axes: reduction(pnorm(p))(x, *axes),
    "huber": lambda y, t, delta: averaged(huber_node(delta))(y, t),
    "kl_div": averaged(kl_node),
    "index": lambda x, *i: np.array(x[i], dtype=object),
}


def zeros_like_axis(x, axis, n):
    shape = list(x.shape)
    shape[axis] = n
    return arr([N(0) for _ in range(int(np.prod(shape)))], shape)


# Arguments that are numbers, not values: axes, shapes, labels, parameters.
# name: from which position on; "first": only the first.
PLAIN = {
    **dict.fromkeys("sum mean prod max min variance std logsumexp norm cumsum permute reshape broadcast slice "
                    "gather squeeze unsqueeze flip pad softmax log_softmax cross_entropy max_pool2d avg_pool2d "
                    "leaky_relu elu clamp variance_ddof std_ddof pnorm index".split(), 1),
    "conv2d": 2, "huber": 2, "layer_norm": 3, "rms_norm": 2, "concat": "first", "stack": "first",
}


def is_plain(name, i):
    p = PLAIN.get(name)
    return i == 0 if p == "first" else p is not None and i >= p


def literal(node):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -literal(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    raise SyntaxError("a literal is needed: " + ast.dump(node))


OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


def run(table, number, leaves, expr):
    """Evaluates expr with the functions of table."""

    def walk(n):
        if isinstance(n, ast.BinOp):
            return call(OPERATORS[type(n.op)], [walk(n.left), walk(n.right)])
        if isinstance(n, ast.UnaryOp):
            v = walk(n.operand)
            return call("neg", [v]) if isinstance(n.op, ast.USub) else v
        if isinstance(n, ast.Constant):
            return number(n.value)
        if isinstance(n, ast.Name):
            return leaves[n.id]
        name = n.func.id
        return call(name, [literal(a) if is_plain(name, i) else walk(a) for i, a in enumerate(n.args)])

    def call(name, args):
        out = table[name](*args)
        return saturate(out) if table is EXACT and isinstance(out, np.ndarray) else out

    return walk(ast.parse(expr, mode="eval").body)


def leaf(v):
    a = np.array(v, dtype=float)
    return arr([N(mpf(float(e))) for e in a.ravel()], a.shape)


def exact(expr, bind):
    leaves = {k: leaf(v) for k, v in bind.items()}
    out = run(EXACT, const, leaves, expr)
    assert out.shape == (), f"{expr}: shape {out.shape}"
    return out[()], leaves


def to_float(x):
    x = mpf(x)
    if mp.isfinite(x) and abs(x) >= MAX:
        return math.copysign(INF, x)
    return float(x) + 0.0  # no -0


def differences(expr, bind):
    """Central differences with 80 digits, rounded to float64."""
    grads = {}
    leaves = {k: leaf(v) for k, v in bind.items()}
    for k, a in leaves.items():
        g = np.empty(a.shape)
        for i in np.ndindex(*a.shape):
            n = a[i]
            h = mpf(10) ** -30 * max(abs(n.v), mpf(1))
            got = []
            for s in (1, -1):
                m = N(n.v + s * h)
                moved = a.copy()
                moved[i] = m
                got.append(run(EXACT, const, {**leaves, k: moved}, expr)[()].v)
            g[i] = to_float((got[0] - got[1]) / (2 * h))
        grads[k] = g
    return grads


# ---------------------------------------------------------------------------
# Program 2: PyTorch
# ---------------------------------------------------------------------------


def t_axes(f, flat):
    return lambda x, *axes: f(x, axes) if axes else flat(x)


def t_prod(x, *axes):
    if not axes:
        return torch.prod(x)
    for a in sorted((a % x.dim() for a in axes), reverse=True):
        x = torch.prod(x, a)
    return x


TORCH = {
    **{n: getattr(torch, n) for n in
       "neg abs sign exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan asin acos atan "
       "sinh cosh tanh asinh acosh atanh sigmoid erf erfc lgamma digamma floor ceil round trunc clamp "
       "add sub mul div pow maximum minimum atan2 hypot where gt ge lt le eq ne cumsum matmul dot outer "
       "det logdet trace squeeze unsqueeze softmax log_softmax".split()},
    "logsigmoid": F.logsigmoid,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),  # F.softplus is x itself from 20 on
    "relu": F.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "sum": t_axes(torch.sum, torch.sum),
    "mean": t_axes(torch.mean, torch.mean),
    "prod": t_prod,
    "max": t_axes(torch.amax, torch.amax),
    "min": t_axes(torch.amin, torch.amin),
    "variance": t_axes(lambda x, a: torch.var(x, a, correction=0), lambda x: torch.var(x, correction=0)),
    "std": t_axes(lambda x, a: torch.std(x, a, correction=0), lambda x: torch.std(x, correction=0)),
    "logsumexp": t_axes(torch.logsumexp, lambda x: torch.logsumexp(x, tuple(range(x.dim())))),
    "norm": t_axes(lambda x, a: torch.linalg.vector_norm(x, dim=a), torch.linalg.vector_norm),
    "transpose": lambda x: x.transpose(-1, -2),
    "permute": lambda x, *axes: x.permute(axes),
    "solve": torch.linalg.solve,
    "inv": torch.linalg.inv,
    "cholesky": torch.linalg.cholesky,
    "reshape": lambda x, *dims: x.reshape(dims),
    "broadcast": lambda x, *dims: x.expand(dims),
    "concat": lambda axis, *xs: torch.cat(xs, axis),
    "stack": lambda axis, *xs: torch.stack(xs, axis),
    "slice": lambda x, axis, start, stop: x.narrow(axis, start, stop - start),
    "gather": lambda x, axis, *idx: x.index_select(axis, torch.tensor(idx)),
    "flip": lambda x, axis: x.flip(axis),
    "pad": lambda x, axis, before, after: F.pad(x, [0, 0] * (x.dim() - 1 - axis % x.dim()) + [before, after]),
    "mse": F.mse_loss,
    "cross_entropy": lambda z, *labels: F.cross_entropy(z, torch.tensor(labels)),
    # F.binary_cross_entropy clips the logarithms at -100; inside (0,1) it is this.
    "bce": lambda p, t: -(t * torch.log(p) + (1 - t) * torch.log1p(-p)).mean(),
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "conv2d": lambda x, w, stride, padding: F.conv2d(x, w, stride=stride, padding=padding),
    "max_pool2d": F.max_pool2d,
    "avg_pool2d": F.avg_pool2d,
    "layer_norm": lambda x, g, b, eps: F.layer_norm(x, x.shape[-1:], g, b, eps),
    "rms_norm": lambda x, g, eps: F.rms_norm(x, x.shape[-1:], g, eps),
    "stop_gradient": lambda x: x.detach(),
    "entr": torch.special.entr,
    "sinc": torch.sinc,
    "logit": torch.logit,
    "erfinv": torch.erfinv,
    "erfcinv": lambda x: torch.erfinv(1 - x),
    "erfcx": torch.special.erfcx,
    "xlogy": torch.xlogy,
    "xlog1py": torch.special.xlog1py,
    "lbeta": lambda a, b: torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b),
    "digamma_difference": lambda a, b: torch.digamma(a + b) - torch.digamma(a),
    "variance_ddof": lambda x, ddof, *axes: torch.var(x, axes or None, correction=ddof),
    "std_ddof": lambda x, ddof, *axes: torch.std(x, axes or None, correction=ddof),
    "pnorm": lambda x, p, *axes: torch.linalg.vector_norm(x, p, dim=axes or None),
    "huber": lambda y, t, delta: F.huber_loss(*torch.broadcast_tensors(y, t), delta=delta),
    "kl_div": lambda y, t: F.kl_div(*torch.broadcast_tensors(y, t), reduction="mean"),
    "index": lambda x, *i: x[i],
}


def by_torch(expr, bind):
    leaves = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in bind.items()}
    out = run(TORCH, torch.tensor, leaves, expr) if leaves else None
    out = out.to(torch.float64)
    if out.requires_grad:
        out.backward()
    return out.item(), {k: (l.grad if l.grad is not None else torch.zeros_like(l)).numpy() for k, l in leaves.items()}


# ---------------------------------------------------------------------------
# Cases
# ---------------------------------------------------------------------------


class LCG:
    """Knuth's MMIX generator."""

    def __init__(self, seed):
        self.s = seed

    def next(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.s >> 11) / 2.0**53


RNG = LCG(20)


def rnd(shape, lo=-2.0, hi=2.0, digits=3):
    """Distinct numbers of few digits in (lo, hi), none of them 0."""
    n = int(np.prod(shape))
    seen = []
    while len(seen) < n:
        v = round(lo + (hi - lo) * RNG.next(), digits)
        if v not in seen and v != 0 and lo < v < hi:
            seen.append(v)
    return np.array(seen).reshape(shape).tolist() if shape != () else seen[0]


def weights(shape):
    """Distinct weights, none near 0, of both signs."""
    w = np.array(rnd(shape, 0.3, 1.9))
    return (w * np.where(np.arange(w.size).reshape(w.shape) % 3 == 1, -1, 1)).tolist()


def positive_definite(shape):
    a = np.array(rnd(shape, -1, 1, 2))
    return np.round(a @ np.swapaxes(a, -1, -2) + 2 * np.eye(shape[-1]), 3).tolist()


def well_conditioned(shape):
    return np.round(np.array(rnd(shape, -1, 1, 2)) + 2 * np.eye(shape[-1]) * np.array([1, -1, 1, 1])[: shape[-1]], 3).tolist()


CASES = []
FAILURES = []  # where the witnesses disagree: nothing is written then
DIFFERENT = []  # edge cases where PyTorch answers otherwise


def close(a, b, tol):
    a, b = float(a), float(b)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    return a == b or abs(a - b) <= tol * max(abs(a), abs(b))


def equal(got, want, tol):
    value, grads = got
    wvalue, wgrads = want
    if value is not None and not close(value, wvalue, tol):
        return f"value {value!r}, want {wvalue!r}"
    for k, g in grads.items():
        g, w = np.asarray(g, dtype=float), np.asarray(wgrads[k], dtype=float)
        if g.shape != w.shape:
            return f"gradient of {k} has shape {g.shape}, want {w.shape}"
        for i in np.ndindex(*w.shape):
            if not close(g[i], w[i], tol):
                return f"gradient of {k} at {i}: {float(g[i])!r}, want {float(w[i])!r}"
    return ""


def compute(expr, bind):
    root, leaves = exact(expr, bind)
    adj = sweep(root)
    grads = {}
    for k, a in leaves.items():
        g = np.empty(a.shape)
        for i in np.ndindex(*a.shape):
            g[i] = to_float(adj.get(a[i].id, 0))
        grads[k] = g
    return to_float(root.v), grads


def add(op, kind, expr, bind, note):
    assert op in FUNCTIONS, op
    return {"op": op, "kind": kind, "expr": expr, "bind": bind} | ({"note": note} if note else {})


def finish(case, want):
    case["value"], case["grad"] = want[0], {k: np.asarray(g).tolist() for k, g in want[1].items()}
    if "note" in case:
        case["note"] = case.pop("note")
    CASES.append(case)


def fail(case, who, what):
    FAILURES.append(f"{case['op']} ({case['kind']}) {case['expr']} {case['bind']}: {who}: {what}")


def generic(op, expr, note="", fd=True, torch_tol=1e-12, **bind):
    case = add(op, "generic", expr, bind, note)
    want = compute(expr, bind)
    bad = equal(by_torch(expr, bind), want, torch_tol)
    if bad:
        fail(case, "PyTorch", bad)
    if fd:
        bad = equal((None, differences(expr, bind)), want, 1e-12)
        if bad:
            fail(case, "differences", bad)
    finish(case, want)


def edge(op, expr, expect=None, check="", note="", **bind):
    """expect: (value, {leaf: gradient}), the promise, stated by hand. It may
    name some leaves only; then check must cover the rest."""
    case = add(op, "edge", expr, bind, note)
    assert expect or check, f"{expr}: an edge case needs a second witness"
    if expect and set(expect[1]) == set(bind) and check == "" and any(
            math.copysign(1, v) < 0 and v == 0 for b in bind.values() for v in np.ravel(np.array(b, dtype=float))):
        want = expect  # mpmath has no -0: by hand alone
    else:
        want = compute(expr, bind)
        if expect:
            bad = equal(expect, (want[0], {k: want[1][k] for k in expect[1]}), 1e-15)
            if bad:
                fail(case, "by hand", bad)
            for k, g in want[1].items():
                assert k in expect[1] or check, f"{expr}: nothing stands for the gradient of {k}"
    try:
        bad = equal(by_torch(expr, bind), want, 1e-12)
    except RuntimeError as e:
        bad = str(e).split("\n")[0]
    if bad:
        if "torch" in check:
            fail(case, "PyTorch", bad)
        DIFFERENT.append(f"{expr}  {bad}")
    if "fd" in check:
        with mp.workdps(720):  # a sum may hold exp(709) and exp(-708)
            bad = equal((None, differences(expr, bind)), want, 1e-12)
        if bad:
            fail(case, "differences", bad)
    finish(case, want)


# ---------------------------------------------------------------------------
# Output
# ---------------------------------------------------------------------------


def number(v):
    if isinstance(v, list):
        return [number(e) for e in v]
    v = float(v)
    if math.isnan(v):
        return "NaN"
    if math.isinf(v):
        return "+Inf" if v > 0 else "-Inf"
    return int(v) if v == int(v) and abs(v) < 1e15 and not (v == 0 and math.copysign(1, v) < 0) else v


def line(case):
    c = {k: case[k] for k in ("op", "kind", "expr")}
    c["bind"] = {k: number(v) for k, v in case["bind"].items()}
    c["value"] = number(case["value"])
    c["grad"] = {k: number(case["grad"][k]) for k in case["bind"]}
    if case.get("note"):
        c["note"] = case["note"]
    return json.dumps(c, ensure_ascii=False, allow_nan=False)


def names_in(expr):
    out = set()
    for n in ast.walk(ast.parse(expr, mode="eval")):
        if isinstance(n, ast.Call):
            out.add(n.func.id)
        elif isinstance(n, ast.BinOp):
            out.add(OPERATORS[type(n.op)])
        elif isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub) and not isinstance(n.operand, ast.Constant):
            out.add("neg")
    return out


def write():
    about = ("Reference values and gradients for the functions of the expression language, written by generate.py. "
             "kind generic: PyTorch and mpmath agree to 1e-12. kind edge: what the engine promises at its edges. "
             "note, where there is one, says why the value is what it is.")
    path = os.path.join(HERE, "cases.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("{\n")
        f.write(f'"about": {json.dumps(about)},\n')
        f.write(f'"torch": {json.dumps(torch.__version__.split("+")[0])},\n')
        f.write(f'"mpmath": {json.dumps(mpmath.__version__)},\n')
        f.write('"cases": [\n')
        f.write(",\n".join(line(c) for c in CASES))
        f.write("\n]\n}\n")
    json.load(open(path, encoding="utf-8"))

    print("PyTorch answers otherwise at these edges:")
    for d in DIFFERENT:
        print("  " + d)
    print("cases per op (generic, edge):")
    missing = []
    for op in FUNCTIONS:
        g = sum(c["op"] == op and c["kind"] == "generic" for c in CASES)
        e = sum(c["op"] == op and c["kind"] == "edge" for c in CASES)
        print(f"  {op:16} {g:3} {e:3}")
        if g < 2 or e < 1:
            missing.append(op)
    for c in CASES:
        if c["op"] not in names_in(c["expr"]):
            sys.exit(f"{c['expr']} does not use {c['op']}")
        if set(c["bind"]) != set(c["grad"]):
            sys.exit(f"{c['expr']}: a leaf without a gradient")
    n = sum(c["kind"] == "generic" for c in CASES)
    print(f"{len(CASES)} cases: {n} generic, {len(CASES) - n} edge; {os.path.getsize(path)} bytes")
    print("functions without two generic cases and one edge case:", " ".join(missing) or "none")
    if missing:
        sys.exit(1)


# Unary functions: where the generic samples come from.
DOMAIN = {
    **dict.fromkeys("log log2 log10 sqrt rsqrt".split(), (0.1, 5)),
    "log1p": (-0.8, 4), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atanh": (-0.9, 0.9), "acosh": (1.2, 5),
    "tan": (-1.3, 1.3), "reciprocal": (0.3, 4), "lgamma": (2.2, 9), "digamma": (1.7, 9),
    **dict.fromkeys("floor ceil round trunc".split(), (-5, 5)),
}


# The cases of later functions are drawn after all others, which so stay as they are.
LATER = {"entr": (0.05, 3), "sinc": (-3, 3), "logit": (0.05, 0.95), "erfinv": (-0.95, 0.95), "erfcinv": (0.05, 1.95)}


def elementwise_cases():
    for name in UNARY:
        if name in LATER:
            continue
        lo, hi = DOMAIN.get(name, (-3, 3))
        # PyTorch's trigamma is good to 3e-10 only; the differences stay at 1e-12.
        tol = 1e-9 if name == "digamma" else 1e-12
        generic(name, f"{name}(x)", x=rnd((), lo, hi), torch_tol=tol)
        generic(name, f"sum(mul({name}(x), c))", x=rnd((2, 3), lo, hi), c=weights((2, 3)), torch_tol=tol)

    def e(name, x, value, grad, **kw):
        edge(name, f"{name}(x)", expect=(value, {"x": grad}), x=x, **kw)

    def tail(name, xs, note="", check="fd"):
        """The gradient of c holds the values one by one."""
        edge(name, f"sum({name}(x) * c)", check=check, note=note, x=xs, c=[0.5 + i / 4 for i in range(len(xs))])

    edge("neg", "sum(-x * c)", expect=(NAN, {"x": [-1, -2], "c": [NAN, -INF]}), x=[NAN, INF], c=[1, 2])
    e("neg", 0, 0, -1)

    e("abs", 0, 0, 0)
    e("abs", -INF, INF, -1)
    edge("abs", "sum(abs(x) * c)", expect=(7, {"x": [-1, 0, 2], "c": [1, 0, 3]}), x=[-1, 0, 3], c=[1, 4, 2])
    e("sign", 0, 0, 0)
    edge("sign", "sum(sign(x) * c)", expect=(1, {"x": [0, 0, 0], "c": [-1, 0, 1]}), x=[-1e-300, 0, INF], c=[1, 4, 2])
    for name, up in (("floor", [-2, -1, 0, 0, 2]), ("ceil", [-2, 0, 0, 1, 2]), ("trunc", [-2, 0, 0, 0, 2])):
        edge(name, f"sum({name}(x) * c)", expect=(float(np.dot(up, [1, 2, 3, 4, 5])), {"x": [0] * 5, "c": up}),
             x=[-2, -0.5, 0, 0.5, 2], c=[1, 2, 3, 4, 5])
        e(name, 1, 1, 0)
        e(name, 1e20, 1e20, 0)
    half = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]
    even = [-2, -2, 0, 0, 2, 2, 4]
    c = [1, 2, 3, 4, 5, 6, 7]
    edge("round", "sum(round(x) * c)", expect=(float(np.dot(even, c)), {"x": [0] * 7, "c": even}), x=half, c=c,
         note="half to even")
    e("round", 0.5, 0, 0)
    e("round", -1.5, -2, 0)
    e("round", 0.49999999999999994, 0, 0)
    e("round", 4503599627370497.0, 4503599627370497.0, 0)

    e("relu", 0, 0, 0)
    e("relu", -INF, 0, 0)
    edge("relu", "sum(relu(x) * c)", expect=(6, {"x": [0, 0, 2], "c": [0, 0, 3]}), x=[-1, 0, 3], c=[1, 4, 2])

    tail("exp", [709, -700, 1e-17, -708])
    e("exp", 710, INF, INF)
    e("exp", -INF, 0, 0)
    tail("expm1", [1e-17, -1e-17, 1e-9, -1e-9, 700])
    tail("expm1", [-20, -40], note="the derivative is exp(x); expm1(x)+1 loses it")
    e("expm1", -INF, -1, 0)
    tail("log", [1e300, 1.0000000000000002, 0.9999999999999999, 2])
    e("log", 0, -INF, INF)
    e("log", INF, INF, 0)
    tail("log1p", [1e-17, -1e-17, 1e-9, -1e-9, 1e300])
    e("log1p", -1, -INF, INF)
    tail("log2", [1, 2, 1024, 0.5, 0.125, 1152921504606846976.0])
    e("log2", 8, 3, 1 / (8 * math.log(2)))
    e("log2", 0, -INF, INF)
    tail("log10", [1, 10, 1000, 0.1, 1e15, 1e22])
    e("log10", 0, -INF, INF)
    e("sqrt", 0, 0, INF)
    e("sqrt", -1, NAN, NAN)
    e("sqrt", INF, INF, 0)
    e("rsqrt", 0, INF, -INF)
    e("rsqrt", 4, 0.5, -0.0625)
    tail("sqrt", [1e-12, 1e300, 4])
    tail("rsqrt", [1e-8, 1e100, 4])
    e("square", 0, 0, 0)
    e("square", -1e200, INF, -2e200)
    e("reciprocal", 0, INF, -INF)
    e("reciprocal", -INF, 0, 0)
    e("sin", INF, NAN, NAN)
    e("cos", -INF, NAN, NAN)
    tail("sin", [1e-17, 3.141592653589793, 1000.5])
    tail("cos", [1e-9, 1.5707963267948966, 1000.5])
    tail("tan", [1.5707963267948966, 1.57, -1.5707, 1e-17])
    tail("asin", [1e-17, 0.9999999, -0.9999999], note="1 - x*x loses digits, (1-x)*(1+x) does not")
    e("asin", 1, PI / 2, INF)
    e("asin", 1.5, NAN, NAN)
    tail("acos", [1e-17, 0.9999999, -0.9999999], note="1 - x*x loses digits, (1-x)*(1+x) does not")
    e("acos", 1, 0, -INF)
    e("acos", -1, PI, -INF)
    e("atan", INF, PI / 2, 0)
    e("atan", -INF, -PI / 2, 0)
    tail("atan", [1e-17, 1e10, -1e10])
    tail("sinh", [1e-17, 1e-9, 700, -700])
    e("sinh", 711, INF, INF)
    tail("cosh", [0, 1e-9, 700, -700])
    e("cosh", -711, INF, -INF)
    tail("tanh", [0, 1e-17, -1e-17, 1e-9, -1e-9, 1e-5])
    e("tanh", 1e20, 1, 0)
    e("tanh", -INF, -1, 0)
    tail("asinh", [1e-17, -1e-9, 1e10, -1e10])
    tail("asinh", [1e200, -1e200], check="fd", note="x*x overflows, the derivative 1/hypot(1, x) does not")
    e("acosh", 1, 0, INF)
    e("acosh", 0.5, NAN, NAN)
    tail("acosh", [1.0000001, 1e10, 1e100], note="x*x - 1 loses digits near 1, (x-1)*(x+1) does not")
    e("atanh", 1, INF, INF)
    e("atanh", -1, -INF, INF)
    tail("atanh", [1e-17, 1e-9, 0.9999999, -0.9999999], note="1 - x*x loses digits, (1-x)*(1+x) does not")

    e("sigmoid", 0, 0.5, 0.25)
    e("sigmoid", -745, 5e-324, 5e-324, note="exp(x), subnormal; 1/(1+exp(-x)) would be 0")
    tail("sigmoid", [-700, -40, -1e-17, 8])
    e("sigmoid", 1e20, 1, 0)
    e("sigmoid", -1e20, 0, 0)
    e("sigmoid", -INF, 0, 0)
    e("logsigmoid", 1e20, 0, 0)
    e("logsigmoid", -1e20, -1e20, 1)
    tail("logsigmoid", [-800, -40, 0, 40, 700])
    e("softplus", 1e20, 1e20, 1)
    e("softplus", -1e20, 0, 0)
    e("softplus", INF, INF, 1)
    e("softplus", -INF, 0, 0)
    tail("softplus", [-700, -40, 0, 20.5, 25, 800])
    e("silu", 0, 0, 0.5)
    e("silu", 1e20, 1e20, 1)
    e("silu", -1e20, 0, 0)
    tail("silu", [-700, -30, 1e-17, 30])
    e("gelu", 0, 0, 0.5)
    e("gelu", 1e20, 1e20, 1)
    e("gelu", -1e20, 0, 0)
    tail("gelu", [10, 6, 1e-17])
    tail("gelu", [-10, -6], note="needs erfc: 1 + erf(x/√2) is 0 at -10")
    tail("erf", [6, -6, 25, -25, 1e-17, 1e-9])
    e("erf", INF, 1, 0)
    e("erf", -INF, -1, 0)
    tail("erfc", [6, -6, 25, -25, 1e-17])
    e("erfc", INF, 0, 0)
    tail("lgamma", [1.000000001, 0.999999999, 1.9999999, 2.0000001, 1e-9])
    tail("lgamma", [-0.5, -1.5, -2.3, -7.25, 1e10])
    e("lgamma", 1, 0, -0.57721566490153286)
    e("lgamma", INF, INF, INF)
    tail("digamma", [1e-5, 0.5, 1, 2, 1e5])
    tail("digamma", [-0.5, -1.5, -2.3, -7.25])

    # With parameters.
    generic("leaky_relu", "leaky_relu(x, 0.2)", x=rnd((), -3, -1))
    generic("leaky_relu", "sum(leaky_relu(x, 0.01) * c)", x=rnd((2, 3)), c=weights((2, 3)))
    edge("leaky_relu", "sum(leaky_relu(x, 0.1) * c)", x=[-1, 0, 2], c=[1, 2, 3], check="torch",
         expect=(-0.1 + 6, {"x": [0.1, 0.2, 3], "c": [-0.1, 0, 2]}), note="derivative at 0: a, as in PyTorch")
    generic("elu", "elu(x, 1.5)", x=rnd((), -2, -1))
    generic("elu", "sum(elu(x, 1) * c)", x=rnd((2, 3)), c=weights((2, 3)))
    edge("elu", "sum(elu(x, 0.5) * c)", x=[-1e20, 0, 2], c=[1, 2, 3], check="torch",
         expect=(5.5, {"x": [0, 1, 3], "c": [-0.5, 0, 2]}), note="derivative at 0: a, as in PyTorch")
    edge("elu", "sum(elu(x, 2) * c)", x=[-1e-17, -1e-9, -30], c=[1, 2, 3], check="fd")
    generic("clamp", "clamp(x, -1, 1)", x=0.37)
    generic("clamp", "sum(clamp(x, -0.5, 1.25) * c)", x=rnd((2, 4)), c=weights((2, 4)))
    edge("clamp", "sum(clamp(x, -1, 2) * c)", x=[-1, 2, -1.5, 2.5, 0], c=[1, 2, 3, 4, 5],
         expect=(-1 + 4 - 3 + 8, {"x": [1, 2, 0, 0, 5], "c": [-1, 2, -1, 2, 0]}), note="derivative 1 at either bound")
    edge("clamp", "clamp(x, -1, 2)", x=2, expect=(2, {"x": 1}))
    edge("clamp", "clamp(x, -1, 2)", x=-INF, expect=(-1, {"x": 0}))


def binary_cases():
    shapes = [((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((2, 1, 3), (4, 1))]
    for i, (name, symbol) in enumerate((("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"))):
        lo, hi = (0.4, 2) if name == "div" else (-2, 2)
        generic(name, f"x {symbol} y", x=rnd(()), y=rnd((), lo, hi))
        for j in (0, 1, 2 + i % 2):
            a, b = shapes[j]
            expr = f"sum({name}(x, y) * c)" if j else f"sum((x {symbol} y) * c)"
            generic(name, expr, x=rnd(a), y=rnd(b, lo, hi), c=weights(np.broadcast_shapes(a, b)))
    edge("add", "x + y", x=INF, y=-INF, expect=(NAN, {"x": 1, "y": 1}))
    edge("add", "x + x", x=1.5, expect=(3, {"x": 2}))
    edge("add", "x + x - x * x / x", x=2.5, expect=(2.5, {"x": 1}))
    edge("sub", "x - x", x=1e300, expect=(0, {"x": 0}))
    edge("sub", "x - - + y", x=1e300, y=1, expect=(1e300, {"x": 1, "y": 1}), note="unary + and -")
    edge("mul", "x * y", x=0, y=INF, expect=(NAN, {"x": INF, "y": 0}))
    edge("mul", "x * x * x", x=0, expect=(0, {"x": 0}))
    edge("mul", "0 * sqrt(x)", x=0, expect=(0, {"x": 0}), note="an adjoint of 0 contributes 0")
    edge("mul", "θ * sin(φ)", θ=2, φ=0, expect=(0, {"θ": 0, "φ": 2}))
    edge("mul", "x * 3", x=2, unused=[[1, 2], [3, 4]], s=7, expect=(6, {"x": 3, "unused": [[0, 0], [0, 0]], "s": 0}),
         note="a binding that the expression does not use has gradient 0")
    edge("div", "x / y", x=1, y=0, expect=(INF, {"x": INF, "y": -INF}))
    edge("div", "x / y", x=0, y=0, expect=(NAN, {"x": INF, "y": NAN}))
    edge("div", "x / y", x=3, y=INF, expect=(0, {"x": 0, "y": 0}))
    edge("div", "1e-3 / x", x=1e100, check="fd")

    generic("pow", "pow(x, y)", x=1.7, y=-0.6)
    generic("pow", "pow(x, 3)", x=-2.5)
    generic("pow", "sum(pow(x, y) * c)", x=rnd((2, 3), 0.2, 3), y=rnd((3,)), c=weights((2, 3)))
    generic("pow", "sum(pow(x, y) * c)", x=rnd((2, 1), 0.2, 3), y=rnd((1, 2), -1, 2), c=weights((2, 2)))
    edge("pow", "pow(x, 0)", x=0, expect=(1, {"x": 0}))
    edge("pow", "pow(x, 0)", x=-3, expect=(1, {"x": 0}))
    edge("pow", "pow(x, 0)", x=NAN, expect=(1, {"x": 0}), note="IEEE: pow(NaN, 0) is 1")
    edge("pow", "pow(x, y)", x=3, y=0, expect=(1, {"x": 0, "y": math.log(3)}))
    edge("pow", "pow(x, y)", x=0, y=2, expect=(0, {"x": 0, "y": 0}))
    edge("pow", "pow(x, y)", x=0, y=1, expect=(0, {"x": 1, "y": 0}))
    edge("pow", "pow(x, 1)", x=0, expect=(0, {"x": 1}))
    edge("pow", "pow(x, y)", x=0, y=0.5, expect=(0, {"x": INF, "y": 0}))
    edge("pow", "pow(x, y)", x=0, y=0, expect=(1, {"x": 0, "y": 0}), note="d/dy of 0^0: 0, as in PyTorch", check="torch")
    edge("pow", "pow(x, -1)", x=0, expect=(INF, {"x": -INF}))
    edge("pow", "pow(x, y)", x=-2, y=3, expect=(-8, {"x": 12, "y": NAN}))
    edge("pow", "pow(x, y)", x=-2, y=-2, expect=(0.25, {"x": 0.25, "y": NAN}))
    edge("pow", "pow(x, y)", x=-2, y=0, expect=(1, {"x": 0, "y": NAN}), note="negative base: d/dexponent is NaN")
    edge("pow", "pow(x, y)", x=-2, y=0.5, expect=(NAN, {"x": NAN, "y": NAN}))
    edge("pow", "sum(pow(x, y) * c)", x=[0, 0, 3, 2], y=[2, 1, 0, 10], c=[1, 2, 3, 4], check="torch",
         expect=(3 + 4096, {"x": [0, 2, 0, 4 * 10 * 512]}))
    edge("pow", "sum(pow(x, 2))", x=[-1, 0, 2], expect=(5, {"x": [-2, 0, 4]}))
    edge("pow", "pow(x, 100)", x=1000, check="fd")
    edge("pow", "pow(x, 200)", x=1000, expect=(INF, {"x": INF}))

    for name, big in (("maximum", 1), ("minimum", 0)):
        generic(name, f"{name}(x, y)", x=1.25, y=-0.5)
        generic(name, f"sum({name}(x, y) * c)", x=rnd((2, 3)), y=rnd((3,)), c=weights((2, 3)))
        generic(name, f"sum({name}(x, y) * c)", x=rnd((3, 1)), y=rnd((1, 2)), c=weights((3, 2)))
        edge(name, f"{name}(x, y)", x=2, y=2, expect=(2, {"x": 0.5, "y": 0.5}), check="torch")
        edge(name, f"{name}(x, 0)", x=0, expect=(0, {"x": 0.5}), check="torch")
        edge(name, f"{name}(x, x)", x=3, expect=(3, {"x": 1}), check="torch")
        edge(name, f"sum({name}(x, y) * c)", x=[1, 2, 3], y=2, c=[1, 10, 100], check="torch",
             expect=(322 if big else 221, {"x": [0, 5, 100] if big else [1, 5, 0],
                                                                    "y": 6 if big else 105}))
        edge(name, f"{name}(x, y)", x=-INF, y=INF, expect=(INF if big else -INF, {"x": 1 - big, "y": big}), check="torch")

    generic("atan2", "atan2(y, x)", y=1.2, x=-0.7)
    generic("atan2", "sum(atan2(y, x) * c)", y=rnd((2, 3)), x=rnd((3,)), c=weights((2, 3)))
    edge("atan2", "sum(atan2(y, x) * c)", y=[1, 1, -1, -1], x=[1, -1, -1, 1], c=[1, 2, 3, 4], check="fd torch")
    edge("atan2", "sum(atan2(y, x) * c)", y=[1, -2], x=[0, 0], c=[1, 3], check="fd torch",
         expect=(-PI, {"y": [0, 0], "x": [-1, 1.5], "c": [PI / 2, -PI / 2]}))
    edge("atan2", "atan2(y, x)", y=0, x=2, expect=(0, {"y": 0.5, "x": 0}))
    edge("atan2", "atan2(y, x)", y=-0.0, x=2, expect=(-0.0, {"y": 0.5, "x": 0}))
    edge("atan2", "atan2(y, x)", y=0, x=-2, expect=(PI, {"y": -0.5, "x": 0}))
    edge("atan2", "atan2(y, x)", y=-0.0, x=-2, expect=(-PI, {"y": -0.5, "x": 0}), note="a bound -0 keeps its sign")

    generic("hypot", "hypot(x, y)", x=3.3, y=-1.1)
    generic("hypot", "sum(hypot(x, y) * c)", x=rnd((2, 1)), y=rnd((1, 3)), c=weights((2, 3)))
    edge("hypot", "hypot(x, y)", x=0, y=0, expect=(0, {"x": 0, "y": 0}))
    edge("hypot", "sum(hypot(x, y))", x=[0, 0, 3], y=[0, -2, 4], expect=(7, {"x": [0, 0, 0.6], "y": [0, -1, 0.8]}))
    edge("hypot", "hypot(x, y)", x=3e200, y=4e200, expect=(5e200, {"x": 0.6, "y": 0.8}))
    edge("hypot", "hypot(x, y)", x=3e-200, y=-4e-200, expect=(5e-200, {"x": 0.6, "y": -0.8}))

    for op in ("gt", "ge", "lt", "le", "eq", "ne"):
        same = [[1, 2], [0.5, -1]]
        generic(op, f"sum(where({op}(x, y), a * a, sin(b)) * c)", x=[[1, 2.5], [0, -1]], y=same, a=rnd((2, 2)), b=rnd((2, 2)),
                c=weights((2, 2)), fd=False)  # x = y in two places: no differences there
        generic(op, f"sum(where({op}(x, 0.25), exp(x), c / 3))", x=rnd((2, 3)), c=weights((3,)))
        equals = op in ("ge", "le", "eq")
        edge(op, f"where({op}(x, y), a, b)", x=2, y=2, a=3, b=5, check="torch",
             expect=(3 if equals else 5, {"x": 0, "y": 0, "a": int(equals), "b": int(not equals)}))
        edge(op, f"where({op}(x, y), a, b)", x=NAN, y=NAN, a=3, b=5, check="torch",
             expect=(3 if op == "ne" else 5, {"x": 0, "y": 0, "a": int(op == "ne"), "b": int(op != "ne")}))
    generic("where", "where(gt(x, 0), x * x, -x)", x=-1.5)
    generic("where", "sum(where(lt(x, y), x, y * y) * c)", x=rnd((2, 1)), y=rnd((3,)), c=weights((2, 3)))
    generic("where", "sum(where(ge(m, 1), x, y) * c)", m=[[0], [3]], x=rnd((2, 2)), y=rnd(()), c=weights((2, 2)))
    edge("where", "where(gt(x, 0), sqrt(x), x)", x=-1, expect=(-1, {"x": 1}), note="the untaken branch stays out")
    edge("where", "where(gt(x, 0), log(x), x)", x=0, expect=(0, {"x": 1}), note="the untaken branch stays out")
    edge("where", "sum(where(gt(x, 0), sqrt(x), x) * c)", x=[-1, 0, 4], c=[1, 2, 3], expect=(5, {"x": [1, 2, 0.75], "c": [-1, 0, 2]}),
         note="the untaken branch stays out, element by element")
    edge("where", "where(ne(x, 0), sin(x) / x, 1)", x=0, expect=(1, {"x": 0}), note="the untaken branch stays out")
    edge("where", "where(lt(x, 1), x, 1 / (x - x))", x=0.5, expect=(0.5, {"x": 1}), note="the untaken branch stays out")
    edge("sqrt", "square(sqrt(x))", x=0, expect=(0, {"x": 0}), note="the adjoint of sqrt(x) is 2*sqrt(x) = 0, and 0 wins over its derivative +Inf")
    edge("sqrt", "sum(sqrt(x) * c)", x=[0, 4], c=[-1, 2], expect=(4, {"x": [-INF, 0.5], "c": [0, 2]}))


def reduction_cases():
    for name in ("sum", "mean", "prod", "max", "min", "variance", "std", "logsumexp", "norm"):
        generic(name, f"{name}(x)", x=rnd((2, 3)))
        generic(name, f"sum({name}(x, 1) * c)", x=rnd((2, 3)), c=weights((2,)))
        generic(name, f"sum({name}(x, -2) * c)", x=rnd((2, 2, 3)), c=weights((2, 3)))
        generic(name, f"sum({name}(x, 0, 2) * c)", x=rnd((2, 3, 2)), c=weights((3,)))
    generic("sum", "sum(sum(x, -1, 0) * c)", x=rnd((2, 3, 2)), c=weights((3,)))
    generic("variance", "variance(x * y)", x=rnd((4, 1)), y=rnd((1, 2)))
    edge("sum", "sum(x)", x=2.5, expect=(2.5, {"x": 1}))
    edge("sum", "sum(x)", x=[1, INF, 2], expect=(INF, {"x": [1, 1, 1]}))
    edge("sum", "sum(sum(x, 1) * c)", x=[[1], [2]], c=[3, 4], expect=(11, {"x": [[3], [4]], "c": [1, 2]}))
    edge("mean", "mean(x)", x=[7], expect=(7, {"x": [1]}))
    edge("mean", "mean(x, 0)", x=[NAN, 1, 2, 5], expect=(NAN, {"x": [0.25] * 4}))
    edge("prod", "prod(x)", x=[2, 0, 3], expect=(0, {"x": [0, 6, 0]}), check="torch")
    edge("prod", "prod(x)", x=[2, 0, 3, 0], expect=(0, {"x": [0, 0, 0, 0]}), check="torch")
    edge("prod", "sum(prod(x, 1) * c)", x=[[0, 0, 5], [0, 2, 3], [1, 2, 3]], c=[1, 10, 100], check="torch",
         expect=(600, {"x": [[0, 0, 0], [60, 0, 0], [600, 300, 200]], "c": [0, 0, 6]}))
    edge("prod", "prod(x)", x=[0], expect=(0, {"x": [1]}))
    for name, v in (("max", 3), ("min", -3)):
        s = [v, v / 3, v, v / 3]
        edge(name, f"{name}(x)", x=s, expect=(v, {"x": [0.5, 0, 0.5, 0]}), check="torch")
        edge(name, f"sum({name}(x, 1) * c)", x=[[v, v, v], [v / 3, 0, v / 3]], c=[6, 2], check="torch",
             expect=(6 * v + 2 * v / 3, {"x": [[2, 2, 2], [1, 0, 1]], "c": [v, v / 3]}), note="ties share evenly")
        edge(name, f"{name}(x, 0, 1)", x=[[v, 0], [0, v]], expect=(v, {"x": [[0.5, 0], [0, 0.5]]}), check="torch")
        edge(name, f"{name}(x)", x=[-INF, INF, 0], expect=(math.copysign(INF, v), {"x": [int(v < 0), int(v > 0), 0]}), check="torch")
    edge("variance", "variance(x)", x=[1, 2, 3, 4], expect=(1.25, {"x": [-0.75, -0.25, 0.25, 0.75]}), note="divides by n")
    edge("variance", "variance(x)", x=[100000000, 100000001, 100000002, 100000005], check="fd torch",
         expect=(3.5, {"x": [-1, -0.5, 0, 1.5]}))
    edge("variance", "sum(variance(x, 1) * c)", x=[[100000000.25, 100000000.75], [-100000003, -100000001]], c=[1, 2],
         expect=(2.0625, {"x": [[-0.25, 0.25], [-2, 2]], "c": [0.0625, 1]}))
    edge("variance", "variance(x)", x=[5], expect=(0, {"x": [0]}), note="divides by n")
    edge("std", "std(x)", x=[1, 3], expect=(1, {"x": [-0.5, 0.5]}), note="divides by n")
    edge("std", "std(x)", x=[2, 2, 2], expect=(0, {"x": [0, 0, 0]}))
    edge("std", "std(x)", x=[0.1, 0.1, 0.1], expect=(0, {"x": [0, 0, 0]}),
         note="a constant, though 0.1+0.1+0.1 divided by 3 is not 0.1 in float64")
    edge("std", "sum(std(x, 1) * c)", x=[[4, 4], [1, 3]], c=[1, 2], expect=(2, {"x": [[0, 0], [-1, 1]], "c": [0, 1]}))
    edge("std", "std(x)", x=[100000000, 100000001, 100000002, 100000005], check="fd torch")
    edge("std", "std(x)", x=[7], expect=(0, {"x": [0]}))
    edge("logsumexp", "logsumexp(x)", x=[1e20, 1e20], expect=(1e20, {"x": [0.5, 0.5]}),
         note="exp(x - value) would give 1 to each: value rounds ln 2 away")
    edge("logsumexp", "logsumexp(x)", x=[-1e20, -1e20, -1e20], expect=(-1e20, {"x": [1 / 3] * 3}))
    edge("logsumexp", "sum(logsumexp(x, 1) * c)", x=[[1e20, -1e20], [0, 0]], c=[1, 2],
         expect=(1e20, {"x": [[1, 0], [1, 1]], "c": [1e20, math.log(2)]}))
    edge("logsumexp", "logsumexp(x)", x=[1000, 1000.5, 999], check="torch fd")
    edge("logsumexp", "logsumexp(x)", x=[-INF, 0, 0], expect=(math.log(2), {"x": [0, 0.5, 0.5]}), check="torch")
    edge("logsumexp", "logsumexp(x)", x=[-1000], expect=(-1000, {"x": [1]}))
    edge("norm", "norm(x)", x=[0, 0, 0], expect=(0, {"x": [0, 0, 0]}))
    edge("norm", "sum(norm(x, 1) * c)", x=[[0, 0], [3, 4]], c=[1, 2], expect=(10, {"x": [[0, 0], [1.2, 1.6]], "c": [0, 5]}))
    edge("norm", "norm(x)", x=[-5], expect=(5, {"x": [-1]}))
    edge("norm", "norm(x)", x=0, expect=(0, {"x": 0}))

    generic("cumsum", "sum(cumsum(x, 0) * c)", x=rnd((4,)), c=weights((4,)))
    generic("cumsum", "sum(cumsum(x, 0) * c)", x=rnd((3, 2)), c=weights((3, 2)))
    generic("cumsum", "sum(cumsum(x, -1) * c)", x=rnd((2, 2, 3)), c=weights((2, 2, 3)))
    edge("cumsum", "sum(cumsum(x, 1) * c)", x=[[1], [2]], c=[[3], [4]], expect=(11, {"x": [[3], [4]], "c": [[1], [2]]}))
    edge("cumsum", "sum(cumsum(x, 0) * c)", x=[1, INF, 2], c=[1, 2, 3],
         expect=(INF, {"x": [6, 5, 3], "c": [1, INF, INF]}))


def algebra_cases():
    for a, b in (((2, 3), (3, 2)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((2, 2, 3), (2, 3, 2)), ((2, 1, 1, 2), (3, 2, 2)),
                 ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((3, 2), (2, 2, 1))):
        out = np.matmul(np.zeros(a), np.zeros(b)).shape
        generic("matmul", "sum(matmul(a, b) * c)" if out else "matmul(a, b)", a=rnd(a), b=rnd(b), **({"c": weights(out)} if out else {}))
    edge("matmul", "sum(matmul(a, b) * c)", a=[[1], [2]], b=[[3, 4]], c=[[1, 2], [3, 4]], check="fd torch")
    edge("matmul", "sum(matmul(a, b) * c)", a=[[1, 2], [3, 4]], b=[[INF], [1]], c=[[1], [2]], check="torch")
    edge("matmul", "sum(matmul(x, x))", x=[[1, 2], [3, 4]], check="fd torch", expect=(54, {"x": [[7, 11], [9, 13]]}))
    generic("dot", "dot(a, b)", a=rnd((4,)), b=rnd((4,)))
    generic("dot", "dot(a, sin(a)) * b", a=rnd((3,)), b=rnd(()))
    edge("dot", "dot(a, a)", a=[3, -4], expect=(25, {"a": [6, -8]}))
    edge("dot", "dot(a, b)", a=[2], b=[NAN], expect=(NAN, {"a": [NAN], "b": [2]}))
    generic("outer", "sum(outer(a, b) * c)", a=rnd((3,)), b=rnd((2,)), c=weights((3, 2)))
    generic("outer", "sum(outer(a, a) * c)", a=rnd((2,)), c=weights((2, 2)))
    edge("outer", "sum(outer(a, b) * c)", a=[3], b=[0], c=[[2]], expect=(0, {"a": [0], "b": [6], "c": [[0]]}))
    generic("transpose", "sum(transpose(x) * c)", x=rnd((2, 3)), c=weights((3, 2)))
    generic("transpose", "sum(transpose(x) * c)", x=rnd((2, 1, 3)), c=weights((2, 3, 1)))
    edge("transpose", "sum(transpose(x) * c)", x=[[1, INF, 3]], c=[[1], [2], [3]],
         expect=(INF, {"x": [[1, 2, 3]], "c": [[1], [INF], [3]]}))
    edge("transpose", "sum(matmul(transpose(x), x) * c)", x=[[1, 2], [3, 4]], c=[[1, 2], [3, 4]], check="fd torch")
    generic("permute", "sum(permute(x, 2, 0, 1) * c)", x=rnd((2, 3, 2)), c=weights((2, 2, 3)))
    generic("permute", "sum(permute(x, -1, 1, 0) * c)", x=rnd((2, 1, 3)), c=weights((3, 1, 2)))
    edge("permute", "sum(permute(x, 0, 1) * c)", x=[[1, NAN]], c=[[2, 3]], expect=(NAN, {"x": [[2, 3]], "c": [[1, NAN]]}))

    generic("solve", "sum(solve(a, b) * c)", a=well_conditioned((2, 2)), b=rnd((2,)), c=weights((2,)))
    generic("solve", "sum(solve(a, b) * c)", a=well_conditioned((3, 3)), b=rnd((3, 2)), c=weights((3, 2)))
    generic("solve", "sum(solve(a, b) * c)", a=well_conditioned((2, 2, 2)), b=rnd((2, 2, 1)), c=weights((2, 2, 1)))
    generic("solve", "sum(solve(a, b) * c)", a=well_conditioned((2, 2)), b=rnd((2, 2, 1)), c=weights((2, 2, 1)))
    edge("solve", "sum(solve(a, b) * c)", a=[[0, 1], [2, 0]], b=[3, 4], c=[1, 10], check="fd torch",
         expect=(2 + 30, {"b": [10, 0.5]}), note="needs a row exchange")
    edge("solve", "sum(solve(a, b))", a=[[4]], b=[2], expect=(0.5, {"a": [[-0.125]], "b": [0.25]}))
    generic("inv", "sum(inv(a) * c)", a=well_conditioned((2, 2)), c=weights((2, 2)))
    generic("inv", "sum(inv(a) * c)", a=well_conditioned((3, 3)), c=weights((3, 3)))
    generic("inv", "sum(inv(a) * c)", a=well_conditioned((2, 2, 2)), c=weights((2, 2, 2)))
    edge("inv", "sum(inv(a) * c)", a=[[0, 1], [2, 0]], c=[[1, 2], [3, 4]], check="fd torch", note="needs a row exchange")
    edge("inv", "sum(inv(a))", a=[[4]], expect=(0.25, {"a": [[-0.0625]]}))
    generic("det", "det(a)", a=well_conditioned((2, 2)))
    generic("det", "det(a)", a=well_conditioned((3, 3)))
    generic("det", "det(a) * b", a=well_conditioned((4, 4)), b=2.5)
    generic("det", "sum(det(a) * c)", a=well_conditioned((2, 3, 3)), c=weights((2,)))
    adj = "a singular matrix: the gradient is the adjugate, transposed"
    edge("det", "det(a)", a=[[1, 2], [2, 4]], check="fd", expect=(0, {"a": [[4, -2], [-2, 1]]}), note=adj)
    edge("det", "det(a)", a=[[1, 2, 3], [2, 4, 6], [1, 0, 1]], check="fd",
         expect=(0, {"a": [[4, 4, -4], [-2, -2, 2], [0, 0, 0]]}), note=adj)
    edge("det", "det(a)", a=[[1, 2, 3], [2, 4, 6], [3, 6, 9]], check="fd", expect=(0, {"a": [[0] * 3] * 3}),
         note="rank n-2: the adjugate is 0")
    edge("det", "det(a)", a=[[0, 0], [0, 0]], check="fd", expect=(0, {"a": [[0, 0], [0, 0]]}))
    edge("det", "det(a)", a=[[0, 1], [1, 0]], expect=(-1, {"a": [[0, -1], [-1, 0]]}))
    edge("det", "det(a)", a=[[0]], expect=(0, {"a": [[1]]}))
    generic("logdet", "logdet(a)", a=positive_definite((3, 3)))
    generic("logdet", "logdet(a) / b", a=[[2, 0.5], [-0.75, 1.5]], b=3)
    generic("logdet", "sum(logdet(a) * c)", a=positive_definite((2, 2, 2)), c=weights((2,)))
    edge("logdet", "logdet(a)", a=[[1e200, 0], [0, 1e200]], check="torch", note="the determinant overflows",
         expect=(400 * math.log(10), {"a": [[1e-200, 0], [0, 1e-200]]}))
    edge("logdet", "logdet(a)", a=[[0, 2], [-3, 0]], check="torch", note="not symmetric; the determinant is positive",
         expect=(math.log(6), {"a": [[0, 0.5], [-1 / 3, 0]]}))
    edge("logdet", "logdet(a)", a=[[1]], expect=(0, {"a": [[1]]}))
    generic("cholesky", "sum(cholesky(a) * c)", a=positive_definite((2, 2)), c=weights((2, 2)))
    generic("cholesky", "sum(cholesky(a) * c)", a=positive_definite((3, 3)), c=weights((3, 3)))
    generic("cholesky", "sum(cholesky(a) * c)", a=positive_definite((2, 2, 2)), c=weights((2, 2, 2)))
    edge("cholesky", "sum(cholesky(a) * c)", a=[[4, 2], [2, 5]], c=[[0, 0], [1, 0]], check="torch", note="the gradient is symmetric",
         expect=(1, {"a": [[-0.125, 0.25], [0.25, 0]], "c": [[2, 0], [1, 2]]}))
    edge("cholesky", "sum(cholesky(a))", a=[[9]], expect=(3, {"a": [[1 / 6]]}))
    edge("cholesky", "2 * sum(log(cholesky(a)) * c)", a=[[9]], c=[[1]], check="torch", expect=(2 * math.log(3), {"a": [[1 / 9]]}))
    generic("trace", "trace(a)", a=rnd((3, 3)))
    generic("trace", "trace(matmul(a, b))", a=rnd((2, 3)), b=rnd((3, 2)))
    edge("trace", "trace(a)", a=[[5]], expect=(5, {"a": [[1]]}))
    edge("trace", "trace(a)", a=[[1, NAN], [INF, 2]], expect=(3, {"a": [[1, 0], [0, 1]]}))


def shape_cases():
    def g(op, expr, shape, out):
        generic(op, f"sum({expr} * c)", x=rnd(shape), c=weights(out))

    g("reshape", "reshape(x, 3, 2)", (2, 3), (3, 2))
    g("reshape", "reshape(x, 2, -1)", (2, 2, 3), (2, 6))
    g("reshape", "reshape(transpose(x), -1)", (2, 3), (6,))
    edge("reshape", "sum(reshape(x, 1, -1, 1) * c)", x=[1, NAN], c=[[[2], [3]]], expect=(NAN, {"x": [2, 3], "c": [[[1], [NAN]]]}))
    edge("reshape", "sum(reshape(x, 1, 1) * c)", x=2, c=[[3]], expect=(6, {"x": 3, "c": [[2]]}))
    g("broadcast", "broadcast(x, 2, 3)", (3,), (2, 3))
    g("broadcast", "broadcast(x, 2, 3, 2)", (3, 1), (2, 3, 2))
    g("broadcast", "broadcast(x, 2, 2)", (), (2, 2))
    edge("broadcast", "sum(broadcast(x, 2, 2) * c)", x=[[1, 2], [3, INF]], c=[[1, 2], [3, 4]],
         expect=(INF, {"x": [[1, 2], [3, 4]], "c": [[1, 2], [3, INF]]}))
    edge("broadcast", "sum(broadcast(x, 3))", x=[2], expect=(6, {"x": [3]}))
    generic("concat", "sum(concat(0, a, b) * c)", a=rnd((2,)), b=rnd((3,)), c=weights((5,)))
    generic("concat", "sum(concat(1, a, b, a) * c)", a=rnd((2, 1)), b=rnd((2, 2)), c=weights((2, 4)))
    generic("concat", "sum(concat(-2, a, b) * c)", a=rnd((2, 1, 2)), b=rnd((2, 2, 2)), c=weights((2, 3, 2)))
    edge("concat", "sum(concat(0, a) * c)", a=[1, NAN], c=[2, 3], expect=(NAN, {"a": [2, 3], "c": [1, NAN]}))
    edge("concat", "sum(concat(-1, a, a) * c)", a=[1, 2], c=[1, 10, 100, 1000],
         expect=(2121, {"a": [101, 1010], "c": [1, 2, 1, 2]}))
    generic("stack", "sum(stack(0, a, b) * c)", a=rnd((2, 2)), b=rnd((2, 2)), c=weights((2, 2, 2)))
    generic("stack", "sum(stack(-1, a, b, a) * c)", a=rnd((2,)), b=rnd((2,)), c=weights((2, 3)))
    generic("stack", "sum(stack(1, a, b) * c)", a=rnd((2, 3)), b=rnd((2, 3)), c=weights((2, 2, 3)))
    edge("stack", "sum(stack(0, a, b) * c)", a=2, b=INF, c=[3, 4], expect=(INF, {"a": 3, "b": 4, "c": [2, INF]}))
    edge("stack", "sum(stack(0, a) * c)", a=[2, 5], c=[[3, 4]], expect=(26, {"a": [3, 4], "c": [[2, 5]]}))
    g("slice", "slice(x, 0, 1, 3)", (4,), (2,))
    g("slice", "slice(x, 1, 0, 2)", (2, 3), (2, 2))
    g("slice", "slice(x, -1, 1, 2)", (2, 2, 3), (2, 2, 1))
    edge("slice", "sum(slice(x, 0, 0, 2) * c)", x=[1, 2], c=[3, 4], expect=(11, {"x": [3, 4], "c": [1, 2]}))
    edge("slice", "sum(slice(x, 0, 1, 2))", x=[NAN, 2, INF], expect=(2, {"x": [0, 1, 0]}))
    g("gather", "gather(x, 0, 2, 0, 2)", (3, 2), (3, 2))
    g("gather", "gather(x, 1, 1)", (2, 3), (2, 1))
    g("gather", "gather(x, -1, 0, 0, 1, 2)", (2, 2, 3), (2, 2, 4))
    edge("gather", "sum(gather(x, 0, 1, 1, 1) * c)", x=[NAN, 2], c=[1, 10, 100], expect=(222, {"x": [0, 111], "c": [2, 2, 2]}))
    g("squeeze", "squeeze(x, 1)", (2, 1, 3), (2, 3))
    g("squeeze", "squeeze(x, -1)", (3, 1), (3,))
    edge("squeeze", "squeeze(x, 0) * c", x=[2], c=3, expect=(6, {"x": [3], "c": 2}))
    g("unsqueeze", "unsqueeze(x, 1)", (2, 3), (2, 1, 3))
    g("unsqueeze", "unsqueeze(x, -1)", (3,), (3, 1))
    g("unsqueeze", "(unsqueeze(x, 0) * unsqueeze(x, -1))", (3,), (3, 3))
    edge("unsqueeze", "sum(unsqueeze(x, 0) * c)", x=2, c=[3], expect=(6, {"x": 3, "c": [2]}))
    g("flip", "flip(x, 0)", (3, 2), (3, 2))
    g("flip", "flip(x, -1)", (2, 3), (2, 3))
    edge("flip", "sum(flip(x, 0) * c)", x=[1, INF, 3], c=[1, 2, 3], expect=(INF, {"x": [3, 2, 1], "c": [3, INF, 1]}))
    edge("flip", "sum(flip(x, 1) * c)", x=[[1], [2]], c=[[3], [4]], expect=(11, {"x": [[3], [4]], "c": [[1], [2]]}))
    g("pad", "pad(x, 0, 1, 2)", (2,), (5,))
    g("pad", "pad(x, 1, 0, 1)", (2, 2), (2, 3))
    g("pad", "pad(x, -2, 2, 0)", (2, 1, 2), (2, 3, 2))
    edge("pad", "sum(pad(x, 0, 0, 0) * c)", x=[1, NAN], c=[2, 3], expect=(NAN, {"x": [2, 3], "c": [1, NAN]}))
    edge("pad", "sum(pad(x, 0, 1, 1) * c)", x=[5], c=[INF, 2, 3], expect=(NAN, {"x": [2], "c": [0, 5, 0]}),
         note="the zero is a number: 0 * Inf is NaN in the forward pass")


def network_cases():
    ln2 = math.log(2)
    for name in ("softmax", "log_softmax"):
        generic(name, f"sum({name}(x, 0) * c)", x=rnd((4,)), c=weights((4,)))
        generic(name, f"sum({name}(x, 0) * c)", x=rnd((2, 3)), c=weights((2, 3)))
        generic(name, f"sum({name}(x, -2) * c)", x=rnd((2, 3, 2)), c=weights((2, 3, 2)))
    edge("softmax", "sum(softmax(x, 0) * c)", x=[1e20, -1e20, 1e20], c=[1, 2, 4], expect=(2.5, {"x": [-0.75, 0, 0.75], "c": [0.5, 0, 0.5]}))
    edge("softmax", "sum(softmax(x, 1) * c)", x=[[1000, 1001], [-1e20, 0]], c=[[1, 2], [3, 4]], check="fd torch")
    edge("softmax", "sum(softmax(x, 0) * c)", x=[3], c=[2], expect=(2, {"x": [0], "c": [1]}))
    edge("softmax", "sum(softmax(x, 0) * c)", x=[-INF, 1, 1], c=[1, 2, 4], expect=(3, {"x": [0, -0.5, 0.5], "c": [0, 0.5, 0.5]}))
    edge("log_softmax", "sum(log_softmax(x, 0) * c)", x=[1e20, 1e20], c=[1, 2],
         expect=(-3 * ln2, {"x": [-0.5, 0.5], "c": [-ln2, -ln2]}))
    edge("log_softmax", "sum(log_softmax(x, 0) * c)", x=[1e20, 0, -1e20], c=[1, 2, 4], check="torch",
         expect=(-1e21, {"x": [-6, 2, 4], "c": [0, -1e20, -2e20]}))
    edge("log_softmax", "sum(log_softmax(x, -1) * c)", x=[[-1000, -1001], [0, 3]], c=[[1, 2], [3, 4]], check="fd torch")
    edge("log_softmax", "sum(log_softmax(x, 0) * c)", x=[3], c=[2], expect=(0, {"x": [0], "c": [0]}))

    generic("mse", "mse(y, t)", y=rnd((3,)), t=rnd((3,)))
    generic("mse", "mse(y, t) * s", y=rnd((2, 3)), t=rnd((2, 3)), s=1.5)
    edge("mse", "mse(y, t)", y=[1, 2], t=[1, 2], expect=(0, {"y": [0, 0], "t": [0, 0]}))
    edge("mse", "mse(y, t)", y=3, t=1, expect=(4, {"y": 4, "t": -4}))
    edge("mse", "mse(y, t)", y=[0, 1], t=[INF, 1], expect=(INF, {"y": [-INF, 0], "t": [INF, 0]}))

    generic("cross_entropy", "cross_entropy(z, 1)", z=rnd((1, 3)))
    generic("cross_entropy", "cross_entropy(z, 2, 0, 1)", z=rnd((3, 3)))
    generic("cross_entropy", "cross_entropy(matmul(x, w) + b, 1, 1, 0, 2)", x=rnd((4, 2)), w=rnd((2, 3)), b=rnd((3,)))
    edge("cross_entropy", "cross_entropy(z, 0)", z=[[1e20, 1e20]], expect=(ln2, {"z": [[-0.5, 0.5]]}), check="torch")
    edge("cross_entropy", "cross_entropy(z, 1)", z=[[1e20, -1e20]], expect=(2e20, {"z": [[1, -1]]}), check="torch")
    edge("cross_entropy", "cross_entropy(z, 0)", z=[[1e20, -1e20]], expect=(0, {"z": [[0, 0]]}), check="torch")
    edge("cross_entropy", "cross_entropy(z, 0, 1)", z=[[0, 0], [0, 1e20]], expect=(ln2 / 2, {"z": [[-0.25, 0.25], [0, 0]]}), check="torch")
    edge("cross_entropy", "cross_entropy(z, 0)", z=[[-1e20, -1e20, -1e20, -1e20]], check="torch",
         expect=(2 * ln2, {"z": [[-0.75, 0.25, 0.25, 0.25]]}))
    edge("cross_entropy", "cross_entropy(z, 0, 0)", z=[[5], [-7]], expect=(0, {"z": [[0], [0]]}), note="one class")
    edge("cross_entropy", "cross_entropy(z, 0)", z=[[1000, 1001, 1003]], check="fd torch")

    generic("bce", "bce(p, t)", p=rnd((4,), 0.1, 0.9), t=[1, 0, 1, 0])
    generic("bce", "bce(p, t)", p=rnd((2, 3), 0.1, 0.9), t=rnd((2, 3), 0, 1))
    generic("bce", "bce(sigmoid(z), t)", z=rnd((3,)), t=[0, 1, 0.25])
    edge("bce", "bce(p, t)", p=[1e-300, 0.5], t=[0, 1], check="torch", expect=(ln2 / 2, {"p": [0.5, -1]}))
    edge("bce", "bce(p, t)", p=[0.5], t=[0.5], expect=(ln2, {"p": [0], "t": [0]}))
    generic("bce_with_logits", "bce_with_logits(z, t)", z=rnd((4,)), t=[1, 0, 1, 0])
    generic("bce_with_logits", "bce_with_logits(z, t) + s * s", z=rnd((2, 3)), t=rnd((2, 3), 0, 1), s=0.5)
    edge("bce_with_logits", "bce_with_logits(z, t)", z=[1e20, -1e20], t=[1, 0],
         expect=(0, {"z": [0, 0], "t": [-5e19, 5e19]}), check="torch")
    edge("bce_with_logits", "bce_with_logits(z, t)", z=[1e20, -1e20], t=[0, 1],
         expect=(1e20, {"z": [0.5, -0.5], "t": [-5e19, 5e19]}), check="torch")
    edge("bce_with_logits", "bce_with_logits(z, t)", z=[0, 0], t=[0, 1],
         expect=(ln2, {"z": [0.25, -0.25], "t": [0, 0]}), check="torch")
    edge("bce_with_logits", "bce_with_logits(z, t)", z=[-40, 1000], t=[0, 0.5], check="fd torch")

    for x, w, stride, padding in (((1, 1, 4, 5), (1, 1, 2, 3), 1, 0), ((2, 2, 3, 4), (2, 2, 2, 2), 1, 1),
                                  ((1, 2, 5, 4), (3, 2, 3, 2), 2, 0), ((1, 1, 4, 6), (2, 1, 3, 2), 2, 1)):
        oh, ow = ((x[2 + i] + 2 * padding - w[2 + i]) // stride + 1 for i in (0, 1))
        generic("conv2d", f"sum(conv2d(x, w, {stride}, {padding}) * c)", x=rnd(x, digits=2), w=rnd(w, digits=2),
                c=weights((x[0], w[0], oh, ow)))
    edge("conv2d", "sum(conv2d(x, w, 1, 0))", x=[[[[1, 2], [3, 4]]]], w=[[[[5, 6], [7, 8]]]],
         expect=(70, {"x": [[[[5, 6], [7, 8]]]], "w": [[[[1, 2], [3, 4]]]]}), note="cross-correlation; the kernel is as large as the input")
    edge("conv2d", "sum(conv2d(x, w, 1, 1) * c)", x=[[[[3]]]], w=[[[[2]]]], c=[[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], check="fd torch",
         note="a border of zeros around one pixel")
    edge("conv2d", "sum(conv2d(x, w, 2, 0) * c)", x=[[[[1, 2, 9], [3, 4, 9], [9, 9, INF]]]], w=[[[[1, 2], [3, 4]]]], c=[[[[2]]]],
         expect=(60, {"x": [[[[2, 4, 0], [6, 8, 0], [0, 0, 0]]]], "w": [[[[2, 4], [6, 8]]]], "c": [[[[30]]]]}),
         note="the stride leaves a row and a column unused")

    for name in ("max_pool2d", "avg_pool2d"):
        generic(name, f"sum({name}(x, 2, 2) * c)", x=rnd((1, 2, 4, 6)), c=weights((1, 2, 2, 3)))
        generic(name, f"sum({name}(x, 3, 1) * c)", x=rnd((1, 1, 5, 4)), c=weights((1, 1, 3, 2)))
        generic(name, f"sum({name}(x, 3, 2) * c)", x=rnd((2, 1, 5, 6)), c=weights((2, 1, 2, 2)))
    edge("max_pool2d", "sum(max_pool2d(x, 2, 1) * c)", x=[[[[1, 2, 3], [4, 9, 5], [6, 7, 8]]]], c=[[[[1, 10], [100, 1000]]]], check="torch",
         expect=(9999, {"x": [[[[0, 0, 0], [0, 1111, 0], [0, 0, 0]]]]}), note="one pixel is the maximum of four windows")
    edge("max_pool2d", "sum(max_pool2d(x, 1, 2) * c)", x=[[[[1, 2, 3]]]], c=[[[[4, 5]]]], check="torch",
         expect=(19, {"x": [[[[4, 0, 5]]]], "c": [[[[1, 3]]]]}), note="stride larger than the window")
    edge("max_pool2d", "sum(max_pool2d(x, 2, 2))", x=[[[[-INF, -3], [-4, -5]]]], expect=(-3, {"x": [[[[0, 1], [0, 0]]]]}), check="torch")
    edge("avg_pool2d", "sum(avg_pool2d(x, 2, 2))", x=[[[[1, 2, 7], [3, 4, 7], [7, 7, 7]]]], check="torch",
         expect=(2.5, {"x": [[[[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]]]}), note="an incomplete window is left out")
    edge("avg_pool2d", "sum(avg_pool2d(x, 1, 1) * c)", x=[[[[1, INF]]]], c=[[[[2, 3]]]], expect=(INF, {"x": [[[[2, 3]]]], "c": [[[[1, INF]]]]}))

    generic("layer_norm", "sum(layer_norm(x, gain, bias, 1e-5) * c)", x=rnd((4,)), gain=rnd((4,)), bias=rnd((4,)), c=weights((4,)))
    generic("layer_norm", "sum(layer_norm(x, gain, bias, 0.1) * c)", x=rnd((2, 3)), gain=rnd((3,)), bias=rnd((3,)), c=weights((2, 3)))
    generic("layer_norm", "sum(layer_norm(x, gain, bias, 1e-3) * c)", x=rnd((2, 2, 3)), gain=rnd((3,)), bias=rnd((3,)), c=weights((2, 2, 3)))
    edge("layer_norm", "sum(layer_norm(x, gain, bias, 0.25) * c)", x=[[2, 2], [0, 0]], gain=[3, 5], bias=[1, 2], c=[[1, 2], [3, 4]],
         check="fd torch", note="constant rows: only eps divides")
    edge("layer_norm", "sum(layer_norm(x, gain, bias, 1e-5) * c)", x=[100000000, 100000001, 100000002, 100000005], gain=[1, 2, 3, 4],
         bias=[0, 1, 0, 1], c=[1, -2, 3, 1], check="fd", note="a large offset; the mean is exact in float64")

    generic("stop_gradient", "x * stop_gradient(x)", x=1.5, fd=False)
    generic("stop_gradient", "sum(stop_gradient(x * y) * y)", x=rnd((2, 1)), y=rnd((3,)), fd=False)
    edge("stop_gradient", "stop_gradient(x)", x=3, expect=(3, {"x": 0}))
    edge("stop_gradient", "stop_gradient(log(x)) + x", x=0, expect=(-INF, {"x": 1}))
    edge("stop_gradient", "sum(stop_gradient(x) * c)", x=[1, NAN], c=[2, 3], expect=(NAN, {"x": [0, 0], "c": [1, NAN]}))

    # Several functions at once.
    generic("softmax", "sum(softmax(matmul(w, x), 0) * log1p(x*x))", w=[[1, 2], [3, 4]], x=[0.5, -1])
    generic("tanh", "mean(square(matmul(tanh(matmul(x, w) + b), v) - y))", x=rnd((3, 2)), w=rnd((2, 4)), b=rnd((4,)), v=rnd((4, 1)), y=rnd((3, 1)))
    generic("relu", "cross_entropy(matmul(relu(matmul(x, w) + b), v), 0, 2, 1)", x=rnd((3, 2)), w=rnd((2, 4)), b=rnd((4,)), v=rnd((4, 3)))
    generic("sigmoid", "sum(sigmoid(a * x + b) * tanh(x - a)) / (1 + norm(x))", a=rnd(()), b=rnd(()), x=rnd((3,)))
    generic("logdet", "0.5 * logdet(a) + 0.5 * dot(x, solve(a, x))", a=positive_definite((2, 2)), x=rnd((2,)))


def later_cases():
    for name, (lo, hi) in LATER.items():
        generic(name, f"{name}(x)", x=rnd((), lo, hi))
        generic(name, f"sum(mul({name}(x), c))", x=rnd((2, 3), lo, hi), c=weights((2, 3)))

    def e(name, x, value, grad, **kw):
        edge(name, f"{name}(x)", expect=(value, {"x": grad}), x=x, **kw)

    def tail(name, xs, note="", check="fd"):
        edge(name, f"sum({name}(x) * c)", check=check, note=note, x=xs, c=[0.5 + i / 4 for i in range(len(xs))])

    e("entr", 0, 0, INF)
    e("entr", -1, -INF, NAN)
    e("entr", 1, 0, -1)
    tail("entr", [1e-9, 0.36, 0.375, 1e300], note="the derivative's root is near 1/e")
    e("sinc", 0, 1, 0)
    e("sinc", 3, 0, -1 / 3)
    e("sinc", INF, 0, 0)
    tail("sinc", [1e-9, -1e-5, 0.01, 0.9999999, 1000.25, 123456789.5])
    e("logit", 0, -INF, INF)
    e("logit", 1, INF, INF)
    e("logit", 0.5, 0, 4)
    e("logit", 1.5, NAN, NAN)
    tail("logit", [1e-9, 0.49999999, 0.50000001, 0.9999999])
    e("erfinv", 1, INF, INF)
    e("erfinv", -1, -INF, INF)
    e("erfinv", 0, 0, math.sqrt(PI) / 2)
    e("erfinv", -1.5, NAN, NAN)
    tail("erfinv", [1e-17, -1e-9, 0.999, -0.9999999])
    e("erfcinv", 0, INF, -INF)
    e("erfcinv", 2, -INF, -INF)
    e("erfcinv", 1, 0, -math.sqrt(PI) / 2)
    e("erfcinv", 2.5, NAN, NAN)
    tail("erfcinv", [1e-5, 1.9999999, 0.5], check="fd")
    edge("erfcinv", "erfcinv(x) * c", x=1e-300, c=2, expect=(2 * 26.209469960516124, {"c": 26.209469960516124}), check="by hand",
         note="1 - x is 1 in float64")

    for name, (lo, hi) in (("xlogy", (0.2, 3)), ("xlog1py", (-0.7, 3))):
        generic(name, f"{name}(x, y)", x=1.25, y=0.5)
        generic(name, f"sum({name}(x, y) * c)", x=rnd((2, 3)), y=rnd((3,), lo, hi), c=weights((2, 3)))
    edge("xlogy", "xlogy(x, y)", x=0, y=0, expect=(0, {"x": -INF, "y": 0}), note="the weight of 0 wins; it would not, were it not 0")
    edge("xlogy", "xlogy(x, y)", x=0, y=-1, expect=(0, {"x": NAN, "y": 0}))
    edge("xlogy", "xlogy(x, y)", x=0, y=NAN, expect=(NAN, {"x": NAN, "y": NAN}))
    edge("xlogy", "sum(xlogy(x, y) * c)", x=[2, -3], y=[0, 0], c=[1, 1], expect=(NAN, {"x": [-INF, -INF], "y": [INF, -INF], "c": [-INF, INF]}))
    edge("xlog1py", "xlog1py(x, y)", x=0, y=-1, expect=(0, {"x": -INF, "y": 0}))
    edge("xlog1py", "sum(xlog1py(x, y) * c)", x=[2, -3], y=[1e-17, -1e-9], c=[1, 2], check="fd torch")
    for name, tol in (("lbeta", 1e-12), ("digamma_difference", 1e-9)):
        generic(name, f"{name}(a, b)", a=1.25, b=3.5, torch_tol=tol)
        generic(name, f"sum({name}(a, b) * c)", a=rnd((2, 3), 0.5, 9), b=rnd((3,), 5, 30), c=weights((2, 3)), torch_tol=tol)
        large = 1e10 if name == "lbeta" else 1e3  # the second derivative cancels
        edge(name, f"sum({name}(a, b) * c)", a=[large, 1e15, 1e-10], b=[0.5, 1e15, 3], c=[1, 2, 3], check="fd",
             note="the terms that are subtracted are much larger than their difference")
    edge("lbeta", "lbeta(a, b)", a=0, b=2, expect=(INF, {"a": -INF, "b": 0}))
    edge("lbeta", "lbeta(a, b)", a=-0.5, b=2, expect=(NAN, {"a": NAN, "b": NAN}))
    edge("lbeta", "lbeta(a, b)", a=1, b=1, expect=(0, {"a": -1, "b": -1}), check="torch")
    edge("digamma_difference", "digamma_difference(a, b)", a=0, b=1, expect=(INF, {"a": -INF, "b": PI**2 / 6}))

    for name in ("variance_ddof", "std_ddof"):
        generic(name, f"{name}(x, 1)", x=rnd((2, 3)))
        generic(name, f"sum({name}(x, 1, -1) * c)", x=rnd((2, 3)), c=weights((2,)))
        generic(name, f"sum({name}(x, 2, 0, 2) * c)", x=rnd((2, 3, 2)), c=weights((3,)))
        edge(name, f"{name}(x, 1)", x=[5], expect=(NAN, {"x": [NAN]}), note="a sample of one has no variance")
        edge(name, f"{name}(x, 1)", x=[2, 2, 2], expect=(0, {"x": [0, 0, 0]}))
        edge(name, f"{name}(x, 1)", x=[100000000, 100000001, 100000002, 100000005], check="fd torch")
    edge("variance_ddof", "variance_ddof(x, 3)", x=[1, 3], expect=(INF, {"x": [-INF, INF]}), note="the divisor is at least 0")
    for p in (1, 1.5, 2, 3, 7.25):
        generic("pnorm", f"pnorm(x, {p})", x=rnd((2, 3)))
        generic("pnorm", f"sum(pnorm(x, {p}, -1) * c)", x=rnd((2, 3)), c=weights((2,)))
    edge("pnorm", "pnorm(x, 3)", x=[0, 0], expect=(0, {"x": [0, 0]}))
    edge("pnorm", "pnorm(x, 3)", x=[1e200, -1e200], check="fd")
    edge("pnorm", "pnorm(x, 1.5)", x=[0, -4], expect=(4, {"x": [0, -1]}))

    generic("huber", "huber(y, t, 1)", y=rnd((4,)), t=rnd((4,)))
    generic("huber", "huber(y, t, 0.5) * s", y=rnd((2, 3)), t=rnd((3,)), s=1.5)
    edge("huber", "huber(y, t, 2)", y=[2, -2], t=[0, 0], expect=(2, {"y": [1, -1], "t": [-1, 1]}), check="torch")
    edge("huber", "huber(y, t, 2)", y=[INF, 0], t=[1, 0], expect=(INF, {"y": [1, 0], "t": [-1, 0]}))
    edge("huber", "huber(y, t, 2)", y=1e300, t=-1e300, expect=(4e300, {"y": 2, "t": -2}))
    generic("kl_div", "kl_div(y, t)", y=rnd((4,), -3, -0.1), t=rnd((4,), 0.1, 0.9))
    generic("kl_div", "3 * kl_div(log_softmax(z, -1), t)", z=rnd((2, 3)), t=[[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])
    edge("kl_div", "kl_div(y, t)", y=[-1, 0], t=[0, 1], expect=(0, {"y": [0, -0.5], "t": [-INF, 0.5]}), note="a target of 0 contributes 0")
    edge("kl_div", "kl_div(y, t)", y=-INF, t=0.5, expect=(INF, {"y": -0.5, "t": INF}))

    def g(expr, shape, out):
        generic("index", f"sum({expr} * c)", x=rnd(shape), c=weights(out))

    g("index(x, 1)", (3, 2), (2,))
    g("index(x, -1, 0)", (2, 3, 2), (2,))
    generic("index", "index(x, 1, -1) * index(x, 0, 0)", x=rnd((2, 3)))
    edge("index", "index(x, 1)", x=[NAN, 2, INF], expect=(2, {"x": [0, 1, 0]}))
    edge("index", "index(x)", x=3, expect=(3, {"x": 1}))

    generic("erfcx", "erfcx(x)", x=0.75)
    generic("erfcx", "sum(mul(erfcx(x), c))", x=rnd((2, 3), -2, 3), c=weights((2, 3)))
    e("erfcx", 0, 1, -2 / math.sqrt(PI))
    e("erfcx", INF, 0, 0)
    e("erfcx", -INF, INF, -INF)
    tail("erfcx", [5, 26, 1000, -20], note="erfc(x) vanishes; 2x·erfcx(x) - 2/√π cancels")

    generic("rms_norm", "sum(rms_norm(x, gain, 1e-5) * c)", x=rnd((4,)), gain=rnd((4,)), c=weights((4,)))
    generic("rms_norm", "sum(rms_norm(x, gain, 0.1) * c)", x=rnd((2, 3)), gain=rnd((3,)), c=weights((2, 3)))
    generic("rms_norm", "sum(rms_norm(x, gain, 1e-3) * c)", x=rnd((2, 2, 3)), gain=rnd((3,)), c=weights((2, 2, 3)))
    edge("rms_norm", "sum(rms_norm(x, gain, 0.25) * c)", x=[[0, 0], [2, -2]], gain=[3, 5], c=[[1, 2], [3, 4]],
         check="fd torch", note="a row of zeros: only eps divides")


def main():
    elementwise_cases()
    binary_cases()
    reduction_cases()
    algebra_cases()
    shape_cases()
    network_cases()
    later_cases()
    if FAILURES:
        sys.exit("\n".join(FAILURES))
    write()

if __name__ == "__main__":
    main()
