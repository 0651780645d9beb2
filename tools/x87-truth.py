#!/usr/bin/env python3
"""True values of the x87 transcendental functions, for the simulator and for its test.

    tools/x87-truth.py constants   the 128-bit constants of src/x86/x87_transcendental.c
    tools/x87-truth.py vectors     tests/x86/x87_truth.h: arguments, and results rounded to nearest

Everything is computed with 260 decimal digits by series in Python's decimal module and rounded once,
exactly. The trigonometric functions reduce their argument by the 66-bit pi of the SDM (vol. 1, 8.3.8).
"""
import random
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 260
getcontext().Emin = -10**9
getcontext().Emax = 10**9
EPSILON = Decimal(10) ** -250
PI66 = Fraction(0x3243F6A8885A308D3, 1 << 64)


def decimal(value):
    return Decimal(value.numerator) / Decimal(value.denominator)


def series(first, step):
    """Sum of terms until they no longer matter: step(term, n) gives the next one."""
    total, term, n = Decimal(0), first, 0
    while term != 0 and abs(term) > abs(first) * EPSILON:
        total += term
        n += 1
        term = step(term, n)
    return total


def sine(x):
    return series(x, lambda term, n: -term * x * x / ((2 * n) * (2 * n + 1)))


def cosine(x):
    return series(Decimal(1), lambda term, n: -term * x * x / ((2 * n - 1) * (2 * n)))


def arctangent_small(t):
    """Euler's series: it converges for every t, and quickly below 1/2."""
    z = t * t / (1 + t * t)
    return series(t / (1 + t * t), lambda term, n: term * z * (2 * n) / (2 * n + 1))


PI = 16 * arctangent_small(Decimal(1) / 5) - 4 * arctangent_small(Decimal(1) / 239)
LN2 = Decimal(2).ln()


def arctangent(y, x):
    """Of two positive numbers."""
    small, large = min(x, y), max(x, y)
    t = small / large
    angle = PI / 4 + arctangent_small((t - 1) / (t + 1)) if t > Decimal("0.4") else arctangent_small(t)
    return PI / 2 - angle if y > x else angle


def expm1(y):
    return series(y, lambda term, n: term * y / (n + 1))


def log1p(x):
    s = x / (2 + x)
    total, power, n = Decimal(0), s, 0
    while n == 0 or abs(power) > abs(s) * EPSILON:
        total += power / (2 * n + 1)
        power *= s * s
        n += 1
    return 2 * total


def reduced(x):
    """The quadrant and the rest of an exact number by the 66-bit pi."""
    quarter = PI66 / 2
    quadrant = round(x / quarter)
    return quadrant % 4, decimal(x - quadrant * quarter)


def trigonometric(x):
    quadrant, rest = reduced(x)
    s, c = sine(rest), cosine(rest)
    return [(s, c), (c, -s), (-s, -c), (-c, s)][quadrant]


def fraction(mantissa, exponent):
    value = Fraction(mantissa) * Fraction(2) ** ((exponent & 0x7FFF) - 16383 - 63)
    return -value if exponent & 0x8000 else value


def round_nearest(value):
    """To a 64-bit significand; results of these vectors are never denormal."""
    sign = 0x8000 if value < 0 else 0
    exact = Fraction(abs(value))
    exponent = exact.numerator.bit_length() - exact.denominator.bit_length() - 64
    while exact / Fraction(2) ** exponent >= 1 << 64:
        exponent += 1
    while exact / Fraction(2) ** exponent < 1 << 63:
        exponent -= 1
    mantissa = round(exact / Fraction(2) ** exponent)
    if mantissa == 1 << 64:
        mantissa, exponent = 1 << 63, exponent + 1
    return mantissa, exponent + 63 + 16383 | sign


FUNCTIONS = {
    "exponential": lambda x, y: expm1(decimal(x) * LN2),
    "sine": lambda x, y: trigonometric(x)[0],
    "cosine": lambda x, y: trigonometric(x)[1],
    "tangent": lambda x, y: trigonometric(x)[0] / trigonometric(x)[1],
    "logarithm": lambda x, y: decimal(y) * decimal(x).ln() / LN2,
    "logarithm_plus_one": lambda x, y: decimal(y) * log1p(decimal(x)) / LN2,
    "arctangent": lambda x, y: angle(x, y),
}


def angle(x, y):
    value = arctangent(abs(decimal(y)), abs(decimal(x)))
    if x < 0:
        value = PI - value
    return -value if y < 0 else value


def arguments(name, generator, count):
    """Pairs of (mantissa, exponent and sign): x is ST(0), y is ST(1)."""
    ranges = {
        "exponential": (-70, -1),
        "sine": (-70, 62), "cosine": (-70, 62), "tangent": (-70, 62),
        "logarithm": (-16000, 16000),
        "logarithm_plus_one": (-70, -2),
        "arctangent": (-40, 40),
    }
    low, high = ranges[name]
    for i in range(count):
        mantissa = generator.getrandbits(64) | 1 << 63
        exponent = 16383 + generator.randint(low, high)
        # every other one near the middle of the range, where the argument is not reduced away
        if i % 2 and low < -8:
            exponent = 16383 + generator.randint(max(low, -8), min(high, 8))
        if name == "logarithm" and i % 4 == 1:
            exponent = 16383 - i // 4 % 2  # near one
            mantissa = (1 << 63) + generator.getrandbits(20) if exponent == 16383 else (1 << 64) - 1 - generator.getrandbits(20)
        sign = 0 if name == "logarithm" else generator.getrandbits(1) << 15
        y = (generator.getrandbits(64) | 1 << 63, 16383 + generator.randint(-40, 40) | generator.getrandbits(1) << 15)
        yield (mantissa, exponent | sign), y


def print_vectors():
    generator = random.Random(87)
    print("/* Made by tools/x87-truth.py vectors: results rounded to nearest from 260 digits. */")
    print("/* clang-format off */")
    print("static const struct truth truths[] = {")
    for name, function in FUNCTIONS.items():
        for x, y in arguments(name, generator, 24):
            result = round_nearest(function(fraction(*x), fraction(*y)))
            values = ", ".join("{ UINT64_C(0x%016x), 0x%04x }" % pair for pair in (y, x, result))
            print("\t{ TRUTH_%s, %s }," % (name.upper(), values))
    print("};")


def print_constants():
    constants = {"pi": PI, "ln 2": LN2, "2 / ln 2": 2 / LN2}
    for quarters in range(1, 5):
        constants["atan(%d/4)" % quarters] = arctangent(Decimal(quarters) / 4, Decimal(1))
    for name, value in constants.items():
        exponent = 0
        while value >= Decimal(2) ** (exponent + 1):
            exponent += 1
        while value < Decimal(2) ** exponent:
            exponent -= 1
        bits = int((value * Decimal(2) ** (127 - exponent)).to_integral_value())
        print("%-10s exponent %2d  %016x %016x" % (name, exponent, bits >> 64, bits & (1 << 64) - 1))


if __name__ == "__main__":
    if sys.argv[1:] == ["constants"]:
        print_constants()
    elif sys.argv[1:] == ["vectors"]:
        print_vectors()
    else:
        sys.exit(__doc__)
