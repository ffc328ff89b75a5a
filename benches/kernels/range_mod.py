"""A for loop over a range with a linear congruence."""

import sys
import time


def kernel(n):
    s = 1
    for i in range(n):
        s = (s * 3 + i) % 1000003
    return s


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
