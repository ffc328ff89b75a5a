# Elements of tuples, strings, bytes, ranges and dicts by int.
# jit-expect: compile >= 1


def tuples(n):
    t = (3, 1.5, 2, -1)
    s = 0
    for i in range(n):
        s += t[i & 3] + t[-1] + t[0]
    return repr(s)


def tuple_error(n):
    t = tuple(range(n))
    s = i = 0
    try:
        while True:
            s += t[i]
            i += 1
    except IndexError as e:
        return s, i, str(e)


def strings(n):
    text = "hello wörld"
    c = 0
    for i in range(n):
        if text[i % 11] == "ö" or text[-(i % 11) - 1] == "h":
            c += 1
    try:
        text[11]
    except IndexError as e:
        return c, str(e)


def bytes_(n):
    b = b"abcdef"
    a = bytearray(6)
    s = 0
    for i in range(n):
        s += b[i % 6]
        a[i % 6] = (a[i % 6] + i) & 0xFF
    return s, bytes(a)


def ranges(n):
    r = range(10, 10 + 3 * n, 3)
    s = 0
    for i in range(n):
        s += r[i] - r[-1 - i]
    return s


def tuple_store(n):
    t = (1, 2, 3)
    errors = 0
    for i in range(n):
        try:
            t[i % 3] = 0
        except TypeError as e:
            errors += 1
            text = str(e)
    return errors, text


def named(n):
    from collections import namedtuple

    P = namedtuple("P", "x y")
    p = P(1, 2)
    s = 0
    for i in range(n):
        s += p[0] + p.y + p[-1]
        if i % 500 == 0:
            p = P(i, p.x)
    return s, p


class T(tuple):
    def __getitem__(self, k):
        return tuple.__getitem__(self, k) * 2


def subclass(n):
    ts = [(1, 2), T((1, 2))]
    s = 0
    for i in range(n):
        t = ts[i > n // 2]
        s += t[i & 1]
    return s


def slices(n):
    xs = list(range(20))
    t = tuple(xs)
    s = 0
    for i in range(n):
        k = i % 20
        s += len(xs[k:]) + sum(t[:k:3]) + xs[::-1][k]
        xs[k : k + 1] = [k]
    return s


for function in (
    tuples, tuple_error, strings, bytes_, ranges, tuple_store, named, subclass, slices
):
    print(function.__name__, function(3000))
