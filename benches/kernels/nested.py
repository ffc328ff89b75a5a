"""Two nested counting loops; n is the number of inner iterations."""

import sys
import time


def kernel(n):
    inner = 1000
    count = 0
    for i in range(n // inner):
        for j in range(inner):
            count += i ^ j
    return count


n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
