# math.* on floats and ints in hot loops, domain errors included.
# jit-expect: compile >= 1
import math
from math import sqrt


def all_of(n):
    out = []
    names = (
        "sqrt sin cos tan asin acos atan exp log log2 log10 log1p expm1 sinh cosh tanh fabs floor "
        "ceil trunc degrees radians isnan isinf isfinite gamma erf cbrt"
    ).split()
    for name in names:
        f = getattr(math, name)
        total = 0.0
        for i in range(n):
            total += f(i / n * 0.9 + 0.05)
        out.append((name, repr(total)))
    return out


for row in all_of(300):
    print(*row)


def direct(n):
    s = 0.0
    for i in range(n):
        x = i * 0.001
        s += math.sqrt(x) + math.sin(x) * math.cos(x) + math.exp(-x) + sqrt(2.0)
        s += math.floor(x) + math.ceil(x) + math.fabs(-x) + math.atan2(x, 2.0) + math.hypot(x, 1.0)
    return repr(s)


print(direct(4000))


def on_ints(n):
    s = 0.0
    for i in range(1, n):
        s += math.sqrt(i) + math.log(i) + math.sin(i)
        s += math.floor(i) + math.gcd(i, 12) + math.isqrt(i)
    return repr(s), type(math.floor(5)).__name__


print(on_ints(3000))


def domain(n):
    c = {}
    f = [math.sqrt, math.log, math.asin, math.exp, math.floor, math.acos, math.log1p]
    v = [-1.0, 0.0, 2.0, 1e4, float("inf"), float("nan"), -2.0]
    for i in range(n):
        try:
            r = f[i % 7](v[i // 7 % 7])
            key = (f[i % 7].__name__, repr(r))
        except (ValueError, OverflowError) as e:
            key = (f[i % 7].__name__, type(e).__name__, str(e))
        c[key] = c.get(key, 0) + 1
    return sorted(c)


for row in domain(490):
    print(*row)


def sqrt_fails_late(n):
    s = 0.0
    x = float(n)
    done = 0
    try:
        while True:
            s += math.sqrt(x)
            x -= 1.0
            done += 1
    except ValueError as e:
        return repr(s), x, done, str(e)


print(sqrt_fails_late(3000))


def types(n):
    c = {}
    things = [4, 4.0, True, 2**80, "4", None]
    for i in range(n):
        try:
            r = repr(math.sqrt(things[i % 6]))
        except TypeError as e:
            r = str(e)
        c[r] = c.get(r, 0) + 1
    return sorted(c.items())


print(types(1200))


def two_arguments(n):
    s = 0.0
    for i in range(1, n):
        s += math.pow(i, 0.5) + math.fmod(i, 7.0) + math.copysign(1.5, -i) + math.log(i, 2)
        s += math.ldexp(1.0, i % 10) + math.remainder(i, 3.0)
    return repr(s)


print(two_arguments(2500))
print(math.floor(1e300) == int(1e300), math.floor(-0.5), math.ceil(-0.5), math.trunc(-2.5))


def floors(n):
    s = 0
    for i in range(-n, n):
        s += math.floor(i / 4) * 3 + math.ceil(i / 4) - math.trunc(i / 4)
        s += math.floor(i * 1e17) % 1000
    return s


print(floors(2500))
