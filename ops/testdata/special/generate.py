"""Writes values.txt: elementwise functions and their derivatives where they are hard, by mpmath with 60 digits.

Each line has the name of an operation, an argument, the value and the derivative, rounded once to float64.
It shares nothing with the Go code. Run: python3 generate.py (needs mpmath)
"""

import os
import mpmath as mp

mp.mp.dps = 60


def polygamma(n):
    return lambda x: mp.psi(n, x)


def cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def pdf(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


bell = lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)

CASES = [
    ("digamma", polygamma(0), polygamma(1),
     [1e-300, 1e-5, 0.1, 0.5, 1.0, 1.2, 1.46, 1.4616321449683622, 1.4616321449683625, 1.7, 2.0, 3.3, 7.0, 9.999, 10.0, 25.5,
      1e5, 1e15, 1e300, -0.5, -1.5, -2.3, -7.25, -100.25, -1e-9, -0.9999999, -12345.678]),
    ("polygamma1", polygamma(1), polygamma(2),
     [1e-150, 1e-5, 0.5, 1.0, 2.0, 7.7, 100.0, 1e9, 1e300, -0.5, -1.5, -2.3, -7.25, -100.25, -1e-9]),
    ("polygamma2", polygamma(2), polygamma(3),
     [1e-100, 0.5, 1.0, 2.0, 7.7, 100.0, 1e9, -0.5, -1.5, -2.3, -7.25]),
    ("lgamma", lambda x: mp.re(mp.loggamma(x)), polygamma(0),
     [1e-310, 1e-305, 1e-20, 0.1, 0.9999999, 1.0000001, 1.5, 2.0000001, 2.5, 10.5, 1e10, 1e300, -0.5, -1.5, -2.3, -7.25, -20.7]),
    ("gelu", lambda x: x * cdf(x), lambda x: cdf(x) + x * pdf(x),
     [-37.0, -20.0, -10.0, -6.0, -1.5, -0.75, -1e-17, 0.3, 2.0, 10.0]),
    ("silu", lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
     [-700.0, -40.0, -3.0, -1.0, 1e-17, 3.0, 40.0]),
    ("logsigmoid", lambda x: -mp.log1p(mp.exp(-x)), lambda x: sigmoid(-x), [-800.0, -1.0, 0.5, 40.0, 700.0]),
    ("log", mp.log, lambda x: 1 / x, [5e-324, 1e-310, 0.9999999999, 1.0000000001, 3.0, 1e300]),
    ("log2", lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2)),
     [5e-324, 1e-310, 0.9999999999, 1.0000000001, 1.5, 3.0, 1e300, 1023.0]),
    ("log10", lambda x: mp.log(x, 10), lambda x: 1 / (x * mp.log(10)),
     [5e-324, 1e-310, 0.9999999999, 1.0000000001, 1.5, 3.0, 1e300, 1e22, 1e-3]),
    ("asin", mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), [1e-17, 0.3, 0.9999999, -0.9999999999999]),
    ("acos", mp.acos, lambda x: -1 / mp.sqrt(1 - x * x),
     [1e-17, 0.3, 0.9999999, 0.9999999999999999, -0.9999999999999]),
    ("tan", mp.tan, lambda x: 1 + mp.tan(x) ** 2, [1e-17, 1.0, 1.57, 1.5707963267948966, 22.0, 1e5]),
    ("sinh", mp.sinh, mp.cosh, [1e-300, 1e-9, 0.4, 20.0, 30.0, 709.5, 710.4, -710.4]),
    ("cosh", mp.cosh, mp.sinh, [1e-9, 0.4, 20.0, 30.0, 709.5, 710.4, -710.4]),
    ("asinh", mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), [1e-300, 1e-9, 0.4, 3.0, 1e10, 1e200, -1e200, 1e307]),
    ("acosh", mp.acosh, lambda x: 1 / mp.sqrt(x * x - 1), [1.0000000000000002, 1.0000001, 3.0, 1e10, 1e200]),
    ("atanh", mp.atanh, lambda x: 1 / (1 - x * x), [1e-300, 1e-9, 0.4, 0.9999999, -0.9999999999999999]),
    ("erf", mp.erf, bell, [1e-300, 0.3, 1.5, 5.5, 25.0, -3.0]),
    ("erfc", mp.erfc, lambda x: -bell(x), [1e-300, 0.3, 1.5, 5.5, 25.0, -3.0]),
    ("expm1", mp.expm1, mp.exp, [1e-300, 1e-9, -40.0, -1.0, 1.0, 700.0]),
    ("log1p", mp.log1p, lambda x: 1 / (1 + x), [1e-300, 1e-9, -0.9999999999, 1.0, 1e300]),
    ("rsqrt", lambda x: 1 / mp.sqrt(x), lambda x: -1 / (2 * x * mp.sqrt(x)), [1e-200, 0.3, 1e200]),
]

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "values.txt"), "w") as out:
    for name, f, df, points in CASES:
        for p in points:
            x = mp.mpf(p)
            out.write("%s %r %r %r\n" % (name, p, float(f(x)), float(df(x))))
