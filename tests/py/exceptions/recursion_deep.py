# Recursion inside a hot loop, mutual recursion, and deep recursion.
# jit-expect: compile >= 1
import sys


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def ackermann(m, n):
    while m:
        if n == 0:
            n = 1
        else:
            n = ackermann(m, n - 1)
        m -= 1
    return n + 1


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def permutations(items):
    if len(items) <= 1:
        return [items]
    out = []
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1 :]):
            out.append([items[i]] + rest)
    return out


def hanoi(n, a, b, c):
    return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)


def queens(n, row=0, columns=0, left=0, right=0):
    if row == n:
        return 1
    count = 0
    free = ~(columns | left | right) & ((1 << n) - 1)
    while free:
        bit = free & -free
        free ^= bit
        count += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return count


def sum_deep(n):
    s = 0
    for k in range(3):
        s += k
    return s if n == 0 else s + sum_deep(n - 1)


print([fib(i) for i in range(16)])
print(ackermann(2, 12))
print(even(500), odd(501))
print(len(permutations(list(range(6)))), permutations([1, 2, 3]))
print(hanoi(10, "a", "b", "c"), queens(7))
s = 0
for k in range(60):
    s += sum_deep(k * 5)
print(s)
sys.setrecursionlimit(3000)
print(sum_deep(2000))
