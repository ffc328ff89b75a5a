# Small functions that a hot loop calls.
# jit-expect: compile >= 2
def clamp(x):
    if x > 1000:
        x -= 1000
    return x


def mix(a, b):
    c = a * 3 + b
    return c & 0xFFFF


def outer(a):
    return mix(a, clamp(a)) + 1


def same(x):
    return x


def pick(a, b):
    return a if a > b else b


def nothing(x):
    y = x


def run(n):
    s = 0
    t = 1.5
    kept = 0
    for i in range(n):
        s = clamp(s + i)
        s = outer(s) ^ mix(i, s)
        t = pick(t * 0.5, 1.0) + 0.25
        big = s * 10**6
        kept += same(big) is big
        kept += nothing(i) is None
        u, v = mix(i, i), pick(i, 7)
        s += u - v
    return s, t, kept


def overflows(n):
    x = 1
    for i in range(n):
        x = clamp(x * 7) if x < 10**25 else mix(i, i)
    return x


print(run(8000), overflows(4000))
