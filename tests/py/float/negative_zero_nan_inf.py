# -0.0, nan and infinities through arithmetic, comparisons, min and max.
# jit-expect: compile >= 1
import math

NAN = float("nan")
INF = float("inf")
VALUES = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 5e-324, -5e-324, 1.7976931348623157e308]


def text(x):
    return "nan" if x != x else repr(x)


def sums(n):
    out = {}
    m = len(VALUES)
    for i in range(n):
        a = VALUES[i % m]
        b = VALUES[i // m % m]
        out[i % (m * m)] = (a + b, a - b, a * b, -a, abs(a), min(a, b), max(a, b))
    return out


for key, row in sums(2000).items():
    print(key, *map(text, row))


def compares(n):
    c = [0] * 6
    m = len(VALUES)
    for i in range(n):
        a = VALUES[i % m]
        b = VALUES[i // m % m]
        c[0] += a < b
        c[1] += a <= b
        c[2] += a > b
        c[3] += a >= b
        c[4] += a == b
        c[5] += a != b
    return c


print(compares(3000))


def branches(n):
    x = NAN
    c = [0] * 5
    for i in range(n):
        if x < 1.0:
            c[0] += 1
        else:
            c[1] += 1
        if not x >= 1.0:
            c[2] += 1
        if x != x:
            c[3] += 1
        if x:
            c[4] += 1
    return c


print(branches(3000))


def signed_zero(n):
    z = 0.0
    c = 0
    for i in range(n):
        z = -z
        if math.copysign(1.0, z) < 0:
            c += 1
        if z == 0.0 and not z:
            c += 1
    return c, text(z), text(z + 0.0), text(z * -1.0), text(0 * -1.0), text(-z)


print(signed_zero(3001))


def keeps_negative_zero(n):
    z = -0.0
    for i in range(n):
        z = z + -0.0
        z = z * 1.0
        z = z - 0.0
    return text(z)


print(keeps_negative_zero(3000))


def grows(n):
    x = 1.0
    at = None
    for i in range(n):
        x = x * 2.0
        if x == INF and at is None:
            at = i
    return at, x, x - x != x - x


print(grows(3000))


def shrinks(n):
    x = 1.0
    at = None
    for i in range(n):
        x = x / 2.0
        if x == 0.0 and at is None:
            at = i
    return at, x


print(shrinks(3000))


def min_max_order(n):
    a = b = None
    for i in range(n):
        a = (min(0.0, -0.0), min(-0.0, 0.0), max(0.0, -0.0), max(-0.0, 0.0))
        b = (min(NAN, 1.0), min(1.0, NAN), max(NAN, 1.0), max(1.0, NAN))
    return [text(x) for x in a + b]


print(min_max_order(3000))


def nan_identity(n):
    x = NAN
    xs = [x]
    c = 0
    for i in range(n):
        if x is NAN:
            c += 1
        if x in xs:
            c += 1
        if x == xs[0]:
            c += 1000000
    return c


print(nan_identity(3000))
