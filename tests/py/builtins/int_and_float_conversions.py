# int() and float() of everything, errors included.
# jit-expect: compile >= 1


def ints(n):
    s = 0
    for i in range(n):
        s += int(i * 0.7) + int(-i * 0.7) + int(i) + int(i > 5) + int("12")
    return s


def floats(n):
    s = 0.0
    for i in range(n):
        s += float(i) + float(i * 0.5) + float(i > 5) + float("0.5")
    return repr(s)


def large_floats(n):
    values = [2.0**52 + 0.5, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), -(2.0**63) * 1.5, 2.0**63 - 1024, 1e300, -0.0, -0.9, 0.9]
    out = {}
    for i in range(n):
        v = values[i % 11]
        out[repr(v)] = int(v)
    return out


def errors(n):
    values = [float("nan"), float("inf"), float("-inf"), "x", None, "1.5", [], 10**400]
    c = {}
    for i in range(n):
        v = values[i % 8]
        for kind in (int, float):
            try:
                kind(v)
            except (ValueError, OverflowError, TypeError) as e:
                key = (kind.__name__, type(e).__name__, str(e))
                c[key] = c.get(key, 0) + 1
    return sorted(c.items())


def big_to_float(n):
    s = set()
    for i in range(n):
        s.add(float(2**63 + i % 3))
        s.add(float(2**53 + 1 + i % 3))
        s.add(float(-(2**70)))
    return sorted(s)


class Both:
    def __int__(self):
        return 7

    def __float__(self):
        return 2.5

    def __index__(self):
        return 3


def methods(n):
    b = Both()
    s = 0
    xs = [1, 2, 3, 4]
    for i in range(n):
        s += int(b) + float(b) + xs[b]
    return s, list(range(Both()))


class F(float):
    def __int__(self):
        return -1


def subclass(n):
    values = [2.5, F(2.5)]
    s = 0
    for i in range(n):
        s += int(values[i > n // 2])
    return s


def no_arguments(n):
    s = 0
    for i in range(n):
        s += int() + float() + int("ff", 16) + int("-0b1", 0)
    return s


print(ints(4000))
print(floats(4000))
for row in large_floats(3000).items():
    print(*row)
for row in errors(800):
    print(*row)
print(big_to_float(2000))
print(methods(3000))
print(subclass(3000))
print(no_arguments(3000))
