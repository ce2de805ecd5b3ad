"""Writes values.txt and precise.txt: elementwise functions and their derivatives where they are hard, by mpmath with 60
digits.

Each line of values.txt has the name of an operation, an argument, the value and the derivative, rounded once to float64.
Each line of precise.txt has the call of an operation, its value, and its derivatives by the operands: functions that must
be right to some units in the last place, of operands of very different size too.
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



def xlogy(x, y):
    return x * mp.log(y) if x else mp.mpf(0)


def entr(x):
    return -x * mp.log(x)


def sinc(n):
    """The n-th derivative of sin(pi x)/(pi x), by its series: pi^n times that of sin(z)/z."""

    def f(x):
        z = mp.pi * x
        with mp.workdps(80 + int(2 * abs(z) / mp.log(10)) if abs(z) < 200 else 60):
            if n == 0 and x:
                return mp.sinpi(x) / z
            if abs(z) < 200:
                total, term, m = mp.mpf(0), mp.mpf(1), 0
                while m < 40 or abs(term) > mp.mpf(10) ** -mp.mp.dps:
                    if (m + n) % 2 == 0:
                        total += (-1) ** ((m + n) // 2) * term / (m + n + 1)
                    m += 1
                    term *= z / m
                return mp.pi**n * total
            assert n == 1
            return (mp.cospi(x) - mp.sinpi(x) / z) / x

    return f


def logit(x):
    return mp.log(x) - mp.log1p(-x)


def erfcinv(x):
    """By Newton's method on ln erfc, from the leading term for small x."""
    if x > 1:
        return -erfcinv(2 - x)
    if x == 1:
        return mp.mpf(0)
    y = mp.sqrt(-mp.log(x / 2))
    for _ in range(200):
        step = (mp.log(mp.erfc(y)) - mp.log(x)) * mp.erfc(y) / bell(y)
        y += step
        if abs(step) < mp.mpf(10) ** -50 * abs(y):
            return y
    raise ArithmeticError(x)


def erfinv(x):
    if abs(x) < mp.mpf(10) ** -9:
        t = mp.sqrt(mp.pi) / 2 * x
        return t + t**3 / 3
    with mp.workdps(80):
        return mp.sign(x) * erfcinv(1 - abs(x))


def erfcx(n):
    """The n-th derivative of exp(x^2) erfc(x), by a recurrence that cancels: with many digits."""

    def f(x):
        if abs(x) > mp.mpf(10) ** 20:
            return (-1) ** n * mp.factorial(n) / (mp.sqrt(mp.pi) * x ** (n + 1))
        with mp.workdps(200 + 20 * n + int(4 * n * mp.log10(2 + abs(x)))):
            d, before = mp.exp(x * x) * mp.erfc(x), 2 / mp.sqrt(mp.pi)
            for k in range(n):
                d, before = 2 * x * d + (2 * k * before if k else -before), d
            return d

    return f


def enough(f):
    """f with digits for the differences of logarithms of gamma functions."""

    def g(*xs):
        with mp.workdps(700 if max(max(xs), 1 / min(xs)) > 1e15 else 100):
            return f(*xs)

    return g


lbeta = enough(lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))
digamma_difference = enough(lambda a, b: mp.psi(0, a + b) - mp.psi(0, a))
sizes = [1e-300, 1e-10, 0.03, 0.7, 1.0, 1.5, 2.5, 6.0, 9.9999, 10.0, 33.3, 1e4, 1e10, 1e100, 1e300]

# Calls as the tests of ops write them, with X and Y for operands; the value; the derivatives; the operands.
PRECISE = [
    ("xlogy X Y", xlogy, (lambda x, y: mp.log(y), lambda x, y: x / y),
     [(2.0, 0.9999999999999999), (-3.5, 1.0000000000000002), (1e300, 1e-300), (1e-300, 5e-324), (0.0, 3.0), (1e-10, 1e-310)]),
    ("xlog1py X Y", lambda x, y: x * mp.log1p(y), (lambda x, y: mp.log1p(y), lambda x, y: x / (1 + y)),
     [(2.0, 1e-300), (-3.5, -1e-17), (1e300, 1e-9), (1e-300, -0.9999999999999999), (0.0, 3.0), (7.0, 1e300)]),
    ("entr X", entr, (lambda x: -mp.log(x) - 1,),
     [5e-324, 1e-310, 1e-20, 0.2178, 0.2179, 0.3, 0.36, 0.367879, 0.367879441, 0.36787944117144233, 0.3678794411714424, 0.37, 0.5178,
      0.518, 0.9999999999999999, 1.0, 1.0000000000000002, 3.0, 1e300]),
    ("sinc X", sinc(0), (sinc(1),),
     [5e-324, 1e-300, 1e-17, -1e-9, 1e-5, -0.01, 0.1, 0.3, 0.5, 0.6, 0.64, -0.7, 0.9999999999999999, 1.0, 1.0000000000000002, 1.5, 7.0, 20.5,
      -37.0, 1e5 + 0.25, 123456789.03125, 4503599627370495.5, 1e20, 1e300]),
    ("sinc_derivative 2 X", sinc(2), (sinc(3),), [0.0, 1e-300, 1e-9, 0.2, 0.8, -0.96, 1.1, 3.25, 20.5]),
    ("sinc_derivative 3 X", sinc(3), (sinc(4),), [1e-300, 1e-9, 0.2, 0.8, -1.3, 1.7, 3.25, 20.5]),
    ("sinc_derivative 20 X", sinc(20), (sinc(21),), [1e-9, 1.25, 6.6, 6.7, 20.5]),
    ("sinc_derivative 50 X", sinc(50), (sinc(51),), [0.0, 0.75, 7.5, 16.0, 16.5]),
    ("logit X", logit, (lambda x: 1 / (x * (1 - x)),),
     [5e-324, 1e-310, 1e-20, 0.1, 0.2499, 0.25, 0.3, 0.49999, 0.49999999999999994, 0.5, 0.5000000000000001, 0.6, 0.75, 0.7501, 0.9,
      0.9999999999999999]),
    ("erfinv X", erfinv, (lambda x: 1 / bell(erfinv(x)),),
     [5e-324, 1e-310, 1e-17, 1e-9, -2e-9, 1e-5, 0.1, -0.3, 0.4999, 0.5, 0.5001, 0.7, 0.85, 0.95, 0.999, -0.999999, 0.9999999999999999]),
    ("erfcinv X", erfcinv, (lambda x: -1 / bell(erfcinv(x)),),
     [5e-324, 1e-322, 2.3e-310, 1e-300, 0.9e-290, 1.1e-290, 1e-200, 1e-50, 1e-15, 1e-5, 0.01, 0.15, 0.3, 0.4999, 0.5, 0.5001, 0.7,
      0.9999999999999999, 1.0000000000000002, 1.2, 1.5, 1.7, 1.99, 1.9999999999999998]),
    ("erfcx X", erfcx(0), (erfcx(1),),
     [5e-324, -1e-10, 1e-10, 0.1, -0.3, 0.4999, 0.5, 0.75, 0.9999, 1.0, 1.5, 1.9999, 2.0, 3.3, 5.0, 10.1, 26.7, 100.0, 1e10, 1e100, 1e300, -1.0,
      -3.3, -10.7, -25.9, -26.6]),
    ("erfcx_derivative 2 X", erfcx(2), (erfcx(3),), [-20.0, -1.0, 1e-10, 0.1, 0.3, 0.4999, 0.5, 0.9, 1.7, 3.3, 10.1, 50.0, 1e10]),
    ("erfcx_derivative 30 X", erfcx(30), (erfcx(31),), [-5.0, -1.0, 0.0, 0.5, 0.9, 1.7, 3.3, 10.1, 50.0, 1e6]),
    ("lbeta X Y", lbeta, (lambda a, b: -digamma_difference(a, b), lambda a, b: -digamma_difference(b, a)),
     [(a, b) for a in sizes for b in sizes] + [(1.0, 5e-324), (1e308, 1e308), (1e-300, 1e308)]),
]

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "values.txt"), "w") as out:
    for name, f, df, points in CASES:
        for p in points:
            x = mp.mpf(p)
            out.write("%s %r %r %r\n" % (name, p, float(f(x)), float(df(x))))
with open(os.path.join(here, "precise.txt"), "w") as out:
    for call, f, slopes, points in PRECISE:
        for p in points:
            p = p if isinstance(p, tuple) else (p,)
            xs = [mp.mpf(x) for x in p]
            words = call.replace("X", repr(p[0])).replace("Y", repr(p[-1]))
            numbers = [mp.mpf(f(*xs))] + [mp.mpf(d(*xs)) for d in slopes]
            out.write(words + " = " + " ".join(repr(float(v)) for v in numbers) + "\n")
