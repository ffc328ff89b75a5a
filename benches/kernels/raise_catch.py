"""A loop that raises an exception each tenth iteration and catches it."""

import sys
import time


def kernel(n):
    s = 0
    caught = 0
    for i in range(n):
        try:
            if i % 10 == 0:
                raise ValueError(i)
            s += i
        except ValueError:
            caught += 1
    return s, caught


n = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
