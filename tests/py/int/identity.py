# `is` on numbers carried by a loop: an unboxed value keeps its box while it
# does not change.
# jit-expect: compile >= 1


def same_object(n):
    same = 0
    for k in range(n):
        x = 10**6 + k
        y = x
        if x is y:
            same += 1
        z = x
        x += 0 if k < 0 else 1
        if z is y and x is not y:
            same += 1
    return same


print(same_object(5000))


def carried(n):
    first = 10**9 + n
    x = first
    hits = 0
    for i in range(n):
        if x is first:
            hits += 1
        if i == n // 2:
            x = x + 1
    return hits


print(carried(5000))


def small_ints(n):
    hits = 0
    for i in range(n):
        a = i % 5
        b = (i + 5) % 5
        if a is b:
            hits += 1
    return hits


print(small_ints(3000))


def swapped(n):
    a = 123456789
    b = 987654321
    a0, b0 = a, b
    hits = 0
    for i in range(n):
        a, b = b, a
        if (a is a0) == (i % 2 == 1) and (b is b0) == (i % 2 == 1):
            hits += 1
    return hits


print(swapped(4000))


def floats(n):
    x = 0.5
    keep = x
    y = x
    hits = 0
    for i in range(n):
        z = y
        if z is keep:
            hits += 1
        if i == 3000:
            y = y * 1.0
    return hits, y == keep


print(floats(4000)[1])


def through_list(n):
    xs = [10**7 + i for i in range(8)]
    ys = list(xs)
    hits = 0
    for i in range(n):
        v = xs[i & 7]
        xs[i & 7] = v
        if xs[i & 7] is ys[i & 7]:
            hits += 1
    return hits


print(through_list(4000))


def nones(n):
    x = None
    c = 0
    for i in range(n):
        if x is None:
            c += 1
        if x is not None:
            c += 100000
        x = i if i % 3 == 0 else None
    return c


print(nones(6000))


def identifiers(n):
    x = 10**12
    before = id(x)
    s = 0
    for i in range(n):
        s += x & 1
    return id(x) == before, s


print(identifiers(5000))


def bool_singletons(n):
    c = 0
    for i in range(n):
        b = i > 10
        if b is True:
            c += 1
        elif b is False:
            c += 1000
    return c


print(bool_singletons(3000))
