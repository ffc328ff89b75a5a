# & | ^ ~ with signs, big ints and bools, and the usual bit tricks.
# jit-expect: compile >= 1


def mix(n, a, b):
    for i in range(n):
        a = (a ^ (b << 1)) & 0xFFFFFFFFFFFF
        b = (b | (a >> 3)) ^ i
        a = a & ~i
    return a, b


print(mix(5000, 12345, 678))
print(mix(5000, -1, -(2**63)))


def xorshift(n):
    x = 88172645463325252
    s = 0
    for i in range(n):
        x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
        s += x & 0xFF
    return x, s


print(xorshift(4000))


def popcounts(n):
    total = 0
    for i in range(n):
        v = i
        while v:
            v &= v - 1
            total += 1
    return total


print(popcounts(3000))


def signs():
    values = [0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**64 - 1, -(2**64), True]
    out = []
    for i in range(3000):
        a = values[i % 10]
        b = values[i // 10 % 10]
        row = (a & b, a | b, a ^ b, ~a)
        if i >= 2900:
            out.append(row)
    return out


for row in signs():
    print(row)


def bools(n):
    t = True
    f = False
    for i in range(n):
        t, f = t & (not f), f | (i > n)
        u = t ^ f
    return t, f, u, type(u).__name__, (True & 3), type(True & 3).__name__


print(bools(3000))
