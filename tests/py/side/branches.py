# Branches that flip all the time, and some that flip late.
# jit-expect: compile >= 2
def collatz(n):
    best = where = 0
    for i in range(1, n):
        k, c = i, 0
        while k != 1:
            k = k // 2 if k % 2 == 0 else 3 * k + 1
            c += 1
        if c > best:
            best, where = c, i
    return best, where


def many(n):
    a = b = c = d = 0
    i = 0
    while i < n:
        i += 1
        if i & 1:
            a += i
        elif i & 2:
            b -= i
        if i % 7 == 3:
            c ^= i
            continue
        if i > 3 * n // 4:
            d += 1
            if i % 50 == 0:
                d *= 2
        if i == n - 3:
            break
    else:
        a = -1
    return a, b, c, d % 1000003, i


print(collatz(3000), many(20000), many(7))
