# A sum over a generator expression with a condition.
import sys
import time


def kernel(n):
    return sum(x * x for x in range(n) if x % 3 == 0)


start = time.perf_counter()
result = kernel(3000000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
