# Small integer algorithms with data-dependent loops.
# jit-expect: compile >= 1


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def gcds(n):
    s = 0
    for i in range(1, n):
        for j in (6, 35, 144, 10007):
            s += gcd(i, j)
    return s


def collatz(limit):
    best = (0, 0)
    for start in range(1, limit):
        n = start
        steps = 0
        while n != 1:
            if n % 2 == 0:
                n //= 2
            else:
                n = 3 * n + 1
            steps += 1
        if steps > best[0]:
            best = (steps, start)
    return best


def digits(n):
    s = 0
    for i in range(n):
        v = i * i
        while v > 0:
            v, d = divmod(v, 10)
            s += d
    return s


def is_prime(n):
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True


def isqrt(n):
    x = n
    y = (x + 1) // 2
    while y < x:
        x = y
        y = (x + n // x) // 2
    return x


print(gcds(1000))
print(collatz(700))
print(digits(3000))
print(sum(is_prime(i) for i in range(2000)))
print([isqrt(10**k) for k in range(0, 40, 3)])
print(sum(isqrt(i) for i in range(1, 1500)))
