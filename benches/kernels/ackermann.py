"""Ackermann's function: recursion hundreds of calls deep."""

import sys
import time


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


sys.setrecursionlimit(10_000)
n = int(sys.argv[1]) if len(sys.argv) > 1 else 600
start = time.perf_counter()
result = ackermann(2, n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
