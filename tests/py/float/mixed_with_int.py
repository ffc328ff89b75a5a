# Ints and floats in one expression, and accumulators that change type.
# jit-expect: compile >= 1


def accumulate(n):
    s = 0
    for i in range(n):
        s = s + i * 0.5
    return repr(s)


print(accumulate(5000))


def horner(n):
    s = 0.0
    for i in range(n):
        x = i / n
        s += ((2 * x - 3) * x + 4) * x - 5
    return repr(s)


print(horner(5000))


def big_int_plus_float(n):
    s = 0.0
    for i in range(n):
        s += (2**53 + 1) + 0.0
        s -= 2**53
        s += (2**70) * 1e-20
    return repr(s)


print(big_int_plus_float(3000))


def errors(n):
    c = {}
    for i in range(n):
        try:
            x = 10**309 * 1.0 if i % 2 else 10**308 * 1.0
        except OverflowError as e:
            c[str(e)] = c.get(str(e), 0) + 1
    return c, repr(x)


print(errors(500))


def int_to_float_midway(n):
    x = 0
    t = []
    for i in range(n):
        x = x + 1
        if i == n // 2:
            x = float(x)
        if i % 1000 == 0:
            t.append(repr(x))
    return x, t


print(int_to_float_midway(6000))


def float_to_int_midway(n):
    x = 0.5
    for i in range(n):
        x = x * 2 if x < 1000 else 1
    return repr(x)


print(float_to_int_midway(6000))


def conversions_of_compare(n):
    c = 0
    for i in range(n):
        if i < i + 0.5 and i + 0.0 == i and not i > float(i):
            c += 1
    return c


print(conversions_of_compare(4000))
