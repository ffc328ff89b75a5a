# / on ints: correctly rounded even where an operand has no exact float.
# jit-expect: compile >= 1


def harmonic(n):
    s = 0.0
    for i in range(1, n):
        s += 1 / i
    return repr(s)


print(harmonic(10000))


def rounding(n):
    out = []
    for i in range(n):
        a = 2**53 + i
        b = 2**55 + 3 * i + 1
        out.append(a / b)
    return repr(out[1]), repr(out[2001]), repr(sum(out))


print(rounding(3000))


def large(n):
    out = set()
    for i in range(n):
        k = i % 4
        out.add((2**63 - 1 - k) / (2**62 + k))
        out.add((-(2**63) + k) / (3 + k))
        out.add((2**63 - 1) / (2**63 - 1 - k))
        out.add((9007199254740993 + k) / (9007199254740993 - k))
    return sorted(out)


for value in large(3000):
    print(repr(value))


def signs(n):
    s = 0.0
    for i in range(n):
        a = i % 7 - 3
        b = i % 5 - 2 or 5
        s += a / b
    return repr(s), repr(0 / -5), repr(-0 / 5), repr(0.0 / -5)


print(signs(4000))


def too_big(n):
    errors = 0
    for i in range(n):
        try:
            10**400 / (i + 1)
        except OverflowError as e:
            errors += 1
            message = str(e)
    return errors, message, 10**400 / 10**399


print(too_big(300))


def bools(n):
    s = 0
    for i in range(n):
        s += (i > 5) / 2
    return s


print(bools(3000))
