# Three-armed recursion.
import sys
import time


def kernel(x, y, z):
    if y >= x:
        return z
    return kernel(kernel(x - 1, y, z), kernel(y - 1, z, x), kernel(z - 1, x, y))


start = time.perf_counter()
result = kernel(18, 12, 6)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
