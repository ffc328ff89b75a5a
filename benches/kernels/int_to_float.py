"""A sum that is an int for half of the loop, and a float from then on."""

import sys
import time


def kernel(n):
    s = 0
    step = 1
    for i in range(n):
        if i == n // 2:
            step = 0.5
        s = s + step
    return s


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
