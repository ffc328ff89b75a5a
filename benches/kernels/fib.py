"""A function that calls itself twice."""

import sys
import time


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


n = int(sys.argv[1]) if len(sys.argv) > 1 else 30
start = time.perf_counter()
result = fib(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
