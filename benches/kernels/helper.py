# A loop that calls a small function twice in each iteration.
import sys
import time


def helper(a, b):
    c = a * 3 + b
    c = c & 0xFFFF
    return c - 1


def kernel(n):
    s = 0
    for i in range(n):
        s += helper(i, s)
        s = helper(s, i)
    return s


start = time.perf_counter()
result = kernel(1000000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
