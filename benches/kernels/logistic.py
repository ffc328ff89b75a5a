"""The logistic map, iterated in floats."""

import sys
import time


def kernel(n):
    r = 3.7
    x = 0.5
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
