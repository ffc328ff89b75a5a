# ** with small, negative, zero and float operands.
# jit-expect: compile >= 1


def squares(n):
    s = 0
    for i in range(n):
        s += i**2 - (i - 1) ** 2 + i**0 + i**1
    return s


print(squares(5000))


def cubes(n):
    s = 0
    for i in range(-n, n):
        s += i**3
    return s


print(cubes(3000))


def exponents(n):
    out = {}
    for i in range(n):
        b = i % 7 - 3
        e = i % 11 - 4
        try:
            out[b, e] = b**e
        except ZeroDivisionError as error:
            out[b, e] = str(error)
    return sorted(out.items())


for row in exponents(3000):
    print(row)


def floats(n):
    s = 0.0
    for i in range(1, n):
        x = i / 16
        s += x**2 + x**0.5 + x**-1 + 2**x * 0.0 + x**0
    return s


print(repr(floats(3000)))


def negative_base(n):
    kinds = {}
    for i in range(n):
        x = float(i % 5 - 2)
        try:
            r = x**0.5
        except ZeroDivisionError as error:
            r = error
        kinds[type(r).__name__] = kinds.get(type(r).__name__, 0) + 1
    return sorted(kinds.items())


print(negative_base(3000))


def three(n):
    s = 0
    for i in range(n):
        s += pow(3, i, 1000007)
    return s


print(three(2000))


def growing(n):
    s = 0
    for i in range(n):
        s ^= 2 ** (i % 70)
        s ^= (-2) ** (i % 70)
    return s


print(growing(3000))
