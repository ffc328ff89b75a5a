# jit-expect: compile >= 6
# Functions that call themselves: numbers, arguments of other kinds, results of other kinds.
import sys


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


def tak(x, y, z):
    if y >= x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half if n % 2 == 0 else half * half * x


def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


def grow(n, k):
    if n == 0:
        return k
    return grow(n - 1, k * 3)


def tree(depth):
    if depth == 0:
        return None
    return [tree(depth - 1), tree(depth - 1)]


def leaves(node):
    if node is None:
        return 1
    return leaves(node[0]) + leaves(node[1])


def is_even(n, flag):
    if n == 0:
        return flag
    return is_even(n - 1, not flag)


sys.setrecursionlimit(3000)
print(fib(19), ack(2, 40), tak(12, 8, 4))
print([round(sum(power(1.01, i) for i in range(300)), 9), power(2.0, 1000)])
print(sum(gcd(i, 360) for i in range(3000)))
# Past 64 bits, then with floats, then with an int that did not fit from the start.
print([grow(n, 1) for n in (30, 39, 40, 41, 60)], grow(60, 2.5), grow(3, 1 << 70))
print([grow(n % 50, n) for n in range(200)][-3:])
print(leaves(tree(9)), [is_even(n, True) for n in range(60, 66)], fib(True), fib(2.5))
print(ack(1, 2000))
