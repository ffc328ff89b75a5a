"""A while loop that sums the low three bits of a counter."""

import sys
import time


def kernel(n):
    i = 0
    s = 0
    while i < n:
        s += i & 7
        i += 1
    return s


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
