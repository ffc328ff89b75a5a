# Multiplication that overflows now and then, and the products around 2**63.
# jit-expect: compile >= 1


def products(a, step, b, n):
    total = 0
    big = 0
    for i in range(n):
        p = a * b
        if p > 2**63 - 1 or p < -(2**63):
            big += 1
        total ^= p
        a += step
    return total, big, p


print(products(0, 1, 2**51, 8000))
print(products(-4000, 1, 2**51, 8000))
print(products(-4000, 1, -(2**51), 8000))
print(products(3037000400, 1, 3037000499, 3000))
print(products(2**32, -1, 2**31, 3000))
print(products(-(2**32), 1, 2**31, 3000))
print(products(-1500, 1, -(2**63), 3000))
print(products(-1500, 1, 2**63 - 1, 3000))


def powers(base):
    x = 1
    log = []
    for i in range(3000):
        x *= base
        if x > 2**70 or x < -(2**70):
            if len(log) < 3:
                log.append((i, x))
            x = 1
    return x, log


for base in (3, -3, 7, 10, 2**31, -(2**31), 2**32 + 1):
    print(base, powers(base))


def factorials():
    digest = 0
    for n in range(2000):
        f = 1
        for k in range(1, n % 25 + 1):
            f *= k
        digest = (digest * 31 + f) % (2**61 - 1)
    return digest, f


print(factorials())


def wide(seed, n):
    x = seed
    for _ in range(n):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return x


print(wide(1, 5000))
