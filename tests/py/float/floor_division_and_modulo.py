# // and % on floats: signs, signed zeros, infinities.
# jit-expect: compile >= 1
INF = float("inf")


def table(n):
    values = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 2.5, -2.5, 7.0, -7.0, 1e308, INF, -INF, 5e-324]
    divisors = [1.0, -1.0, 0.3, -0.3, 2.0, -2.0, INF, -INF, 1e-300]
    out = {}
    for i in range(n):
        a = values[i % 14]
        b = divisors[i // 14 % 9]
        out[a, str(a), b] = (a // b, a % b)
    return out


for key, (q, r) in table(2000).items():
    print(key, "nan" if q != q else repr(q), "nan" if r != r else repr(r))


def wrap(n):
    x = 0.0
    s = 0.0
    for i in range(n):
        x = (x + 0.7) % 3.0
        s += x // 0.5
    return repr(x), repr(s)


print(wrap(5000))


def negative(n):
    x = 0.0
    s = 0.0
    for i in range(n):
        x = (x - 0.7) % -3.0
        s += x // 0.5
    return repr(x), repr(s)


print(negative(5000))


def mixed(n):
    s = 0.0
    for i in range(1, n):
        s += i % 2.5 + i // 2.5 + 7.5 % i + 7.5 // i
    return repr(s)


print(mixed(4000))
