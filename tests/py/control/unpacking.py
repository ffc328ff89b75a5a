# Tuples packed and unpacked in loops: swaps, rotations, returned pairs.
# jit-expect: compile >= 1


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % 1000000007
    return a, b


def rotate(n):
    a, b, c = 1, 2.5, "x"
    for i in range(n):
        a, b, c = b, c, a
    return a, b, c


def four(n):
    a, b, c, d = 1, 2, 3, 4
    for i in range(n):
        a, b, c, d = d, a ^ i, b, c
    return a, b, c, d


def pairs(n):
    def pair(i):
        return i, i + 1

    s = 0
    for i in range(n):
        x, y = pair(i)
        s += x * y % 7
    return s


def nested(n):
    s = 0
    for i in range(n):
        (a, b), c = (i, i + 1), [i + 2]
        s += a + b + c[0]
    return s


def enumerated(n):
    s = 0
    xs = [(i, -i) for i in range(n)]
    for k, (a, b) in enumerate(xs):
        s += k * a + b
    return s


def wrong_length(n):
    xs = [(1, 2)] * n
    xs[n - 3] = (1, 2, 3)
    s = 0
    try:
        for x in xs:
            a, b = x
            s += a
    except ValueError as e:
        return s, str(e)


def too_short(n):
    xs = [[1, 2]] * n
    xs[n - 3] = [1]
    s = 0
    try:
        for x in xs:
            a, b = x
            s += b
    except ValueError as e:
        return s, str(e)


def not_iterable(n):
    xs = [[1, 2]] * n
    xs[n - 3] = 5
    s = 0
    try:
        for x in xs:
            a, b = x
            s += b
    except TypeError as e:
        return s, str(e)


def strings(n):
    s = 0
    for i in range(n):
        a, b = "xy" if i % 2 else "zw"
        s += a < b
    return s, a, b


for function in (
    fibonacci, rotate, four, pairs, nested, enumerated, wrong_length, too_short, not_iterable, strings
):
    print(function.__name__, function(4000))
