# Variables that change type in the middle of a compiled loop.
# jit-expect: compile >= 1


def int_float(n):
    x = 0
    for i in range(n):
        x = x + 1
        if i == n // 2:
            x = x + 0.5
    return repr(x)


def int_str(n):
    x = 0
    for i in range(n):
        x = x + x
        if not isinstance(x, str) and x > 2**40:
            x = 1
        if i == n // 2:
            x = "a"
        if isinstance(x, str) and len(x) > 8:
            x = "b"
    return x


def int_big_bool_none(n):
    x = 1
    log = {}
    for i in range(n):
        k = i // 500 % 5
        if k == 0:
            x = i
        elif k == 1:
            x = i * 2**60
        elif k == 2:
            x = i % 2 == 0
        elif k == 3:
            x = None
        else:
            x = i / 4
        y = 0 if x is None else x + 1
        name = type(y).__name__
        log[name] = log.get(name, 0) + 1
    return sorted(log.items()), x, y


def alternating(n):
    a, b = 1, 2.5
    for i in range(n):
        a, b = b, a
        a = a + 1
    return repr(a), repr(b)


def list_of_kinds(n):
    xs = [1, 2.0, True, 2**70, -3]
    s = 0
    for i in range(n):
        s = s + xs[i % 5]
        if i % 100 == 0:
            s = 0
    return repr(s)


def compare_kinds(n):
    xs = [1, 2.0, True, 2**70, -3, "x", None, (1,)]
    c = [0, 0]
    for i in range(n):
        a = xs[i % 8]
        b = xs[i // 8 % 8]
        try:
            if a < b:
                c[0] += 1
        except TypeError:
            c[1] += 1
    return c


def late(n):
    # The change comes in the last iteration.
    x = 0
    for i in range(n):
        if i == n - 1:
            x = 0.25
        x += 1
    return repr(x)


class Number:
    def __init__(self, v):
        self.v = v

    def __add__(self, other):
        return Number(self.v + (other.v if isinstance(other, Number) else other))

    __radd__ = __add__


def to_object(n):
    x = 0
    for i in range(n):
        x = x + 1
        if i == n // 2:
            x = Number(x)
        if i == n - 10:
            x = x.v
    return x


for function in (
    int_float, int_str, int_big_bool_none, alternating, list_of_kinds, compare_kinds, late, to_object
):
    print(function.__name__, function(5000))
