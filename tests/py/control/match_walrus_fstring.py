# match statements, walrus, f-strings and star-unpacking inside hot loops.


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def matches(n):
    items = [0, 1, -5, 2.5, "s", (1, 2), [3, 4, 5], {"k": 1}, Point(1, 2), Point(0, 9), None, True]
    c = {}
    for i in range(n):
        match items[i % 12]:
            case 0:
                k = "zero"
            case True:
                k = "true"
            case int(v) if v < 0:
                k = f"negative{v}"
            case int():
                k = "int"
            case float():
                k = "float"
            case str() as t:
                k = t
            case (a, b):
                k = f"pair{a}{b}"
            case [a, *rest]:
                k = f"list{a}{len(rest)}"
            case {"k": v}:
                k = f"map{v}"
            case Point(0, y):
                k = f"axis{y}"
            case Point(x=x, y=y):
                k = f"point{x}{y}"
            case None:
                k = "none"
            case _:
                k = "other"
        c[k] = c.get(k, 0) + 1
    return sorted(c.items())


print(matches(3600))


def walrus(n):
    s = 0
    i = 0
    while (k := i * i % 1009) != 1008 and i < n:
        if (m := k % 10) > 5:
            s += m
        i += 1
    return s, i, k, m


print(walrus(5000))


def walrus_comprehension(n):
    last = None
    for i in range(n // 100):
        xs = [last := j + i for j in range(50) if (y := j % 7)]
    return last, y, len(xs)


print(walrus_comprehension(5000))


def fstrings(n):
    total = 0
    for i in range(n):
        s = f"{i}:{i * 2:>6}:{'x' if i % 2 else 'y'!r}:{i=}"
        total += len(s)
    return total, s


print(fstrings(3000))


def stars(n):
    total = 0
    for i in range(n):
        a, *b, c = i, i + 1, i + 2, i + 3
        d, *e = (i,)
        total += a + sum(b) + c + d + len(e)
        f = [*b, *range(2)]
        total += len(f)
        g = {**{"a": i}, "b": 1}
        total += g["a"]
    return total, b, e, f, g


print(stars(2500))


def call_with_stars(n):
    def add(a, b=0, *c, d=0, **e):
        return a + b + sum(c) + d + sum(e.values())

    s = 0
    for i in range(n):
        s += add(*(i, 1), **{"d": 2}) + add(i, 1, 2, 3, q=5)
    return s


print(call_with_stars(2500))
