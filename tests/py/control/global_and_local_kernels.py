# The loops that users measure first; each at module level and in a function.
# jit-expect: compile >= 4
# jit-expect: blacklist == 0

N = 6000


def while_sum(n):
    i = s = 0
    while i < n:
        s += i & 7
        i += 1
    return s


def for_modular(n):
    s = 0
    for i in range(n):
        s = (s * 3 + i) % 1000003
    return s


def logistic(n):
    x = 0.3
    for _ in range(n):
        x = 3.7 * x * (1.0 - x)
    return repr(x)


def horner(n):
    s = 0.0
    for i in range(n):
        x = i * 0.001
        s += (((2.0 * x - 3.0) * x + 0.5) * x - 1.25) * x + 7.0
    return repr(s)


def counting(n):
    c = 0
    for i in range(n // 10):
        for j in range(10):
            c += 1
    return c


def sieve(n):
    flags = [True] * (n + 1)
    count = 0
    for i in range(2, n + 1):
        if flags[i]:
            count += 1
            for j in range(i * i, n + 1, i):
                flags[j] = False
    return count


for kernel in (while_sum, for_modular, logistic, horner, counting, sieve):
    print(kernel.__name__, kernel(N), kernel(N + 1), kernel(10), kernel(0))
