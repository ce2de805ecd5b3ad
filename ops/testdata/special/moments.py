"""Writes moments.txt: means, variances, norms and their derivatives where sums and powers over- or underflow on the way, by
mpmath with some 1200 digits.

A line has a precision, the name of an operation, its parameter or -, the operand's elements, the values, the gradient of the
sum of the values with the weights 1, 2, 3, ..., and the derivative of that gradient with the same weights, summed. Parts are
separated by "=". Numbers are rounded once to float64, operands to the precision.
It shares nothing with the Go code. Run: python3 moments.py (needs mpmath)
"""

import os
import struct
import mpmath as mp

mp.mp.prec = 4200  # sums of numbers of very different size are exact


def dot(a, b):
    return sum((x * y for x, y in zip(a, b)), mp.mpf(0))


def centered(x):
    m = sum(x, mp.mpf(0)) / len(x)
    return [v - m for v in x]


def mean(x, _, w):
    n = len(x)
    return [sum(x, mp.mpf(0)) / n], [mp.mpf(1) / n] * n, [mp.mpf(0)] * n


def center(x, _, w):
    return centered(x), centered(w), [mp.mpf(0)] * len(x)


def variance(x, ddof, w):
    c, k = centered(x), len(x) - ddof
    return [dot(c, c) / k], [2 * v / k for v in c], [2 * v / k for v in centered(w)]


def std(x, ddof, w):
    c, k = centered(x), len(x) - ddof
    y = mp.sqrt(dot(c, c) / k)
    g = [v / (k * y) for v in c]
    return [y], g, [v / (k * y) - d * dot(g, w) / y for v, d in zip(centered(w), g)]


def pnorm(x, p, w):
    p = mp.mpf(p)
    y = sum(abs(v) ** p for v in x) ** (1 / p)
    g = [mp.sign(v) * abs(v / y) ** (p - 1) for v in x]
    return [y], g, [(p - 1) * (abs(v / y) ** (p - 2) * e / y - d * dot(g, w) / y) for v, d, e in zip(x, g, w)]


def norm(x, _, w):
    return pnorm(x, 2, w)


def logsumexp(x, _, w):
    m = max(x)
    e = [mp.exp(v - m) if v - m > -5000 else mp.mpf(0) for v in x]
    s = sum(e)
    p = [v / s for v in e]
    return [m + mp.log(s)], p, [v * (a - dot(p, w)) for v, a in zip(p, w)]


OPERATIONS = [
    ("mean", "-", mean), ("center", "-", center), ("variance", "-", lambda x, _, w: variance(x, 0, w)),
    ("std", "-", lambda x, _, w: std(x, 0, w)), ("variance_ddof", "1", lambda x, _, w: variance(x, 1, w)),
    ("std_ddof", "1", lambda x, _, w: std(x, 1, w)), ("norm", "-", norm), ("pnorm", "3", pnorm), ("pnorm", "1.5", pnorm),
    ("logsumexp", "-", logsumexp),
]

OPERANDS = {
    "float64": [
        [8e307, 8.5e307, 9e307], [1.7e308, 1.6e308], [1.7e308, -1.7e308], [-1.7e308, 1.5e308, 1.7e308, -1.6e308], [1e200, 3e200, -2e200], [1e154, -1e154, 3e154],
        [1e300, 2.0, -1e-300], [1e-150, 3e-150, -2e-150], [1e-160, 3e-160, 5e-160], [1e-200, 3e-200, -2e-200], [3e-308, 5e-308, 1e-307],
        [1e-320, 3e-320, -4e-320], [1e-310, -2e-310, 5e-324], [1.0, 1.0000000000000002], [1e300, 1.0000000000000002e300], [700.0, 800.0, 801.0], [-800.0, -801.5, -799.0],
    ],
    "float32": [
        [3e38, 3.1e38, 3.3e38], [3e38, -3e38], [1e30, 3e30, -2e30], [1e19, -1e19, 3e19], [1e38, 2.0, -1e-38], [1e-18, 3e-18, -2e-18], [1e-30, 3e-30, -2e-30],
        [1e-42, 3e-42, -4e-42], [80.0, 90.0, 91.0], [-150.0, -151.5, -149.0],
    ],
}


def rounded(v, precision):
    return struct.unpack("f", struct.pack("f", v))[0] if precision == "float32" else v


def words(numbers):
    return " ".join(repr(float(v)) for v in numbers)


here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "moments.txt"), "w") as out:
    for precision, operands in OPERANDS.items():
        for name, parameter, f in OPERATIONS:
            for numbers in operands:
                x = [mp.mpf(rounded(v, precision)) for v in numbers]
                w = [mp.mpf(i + 1) for i in range(len(x))]
                y, g, h = f(x, parameter, w)
                out.write("%s %s %s = %s = %s = %s = %s\n" % (precision, name, parameter, words(x), words(y), words(g), words(h)))
