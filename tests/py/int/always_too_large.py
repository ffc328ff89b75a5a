# jit-expect: compile >= 2
# A result that never fits 64 bits is no number that anything else may be computed from.


def shifted(n):
    b = 0
    for i in range(n):
        b = 9
        b &= b << 63
    return b


def multiplied(n):
    a = c = 0
    for i in range(n):
        a = 1 << 62
        c = (a * 4) & 7 | (-a * 4 < 0)
        a = a * 4 > a
    return a, c


print(shifted(6000), multiplied(6000))
