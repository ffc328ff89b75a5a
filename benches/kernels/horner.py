"""A polynomial of degree 5 by Horner's rule, summed over a grid of floats."""

import sys
import time


def kernel(n):
    step = 1.0 / n
    x = 0.0
    total = 0.0
    i = 0
    while i < n:
        total += ((((0.5 * x - 1.25) * x + 2.0) * x - 0.75) * x + 3.0) * x - 1.5
        x += step
        i += 1
    return total


n = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
