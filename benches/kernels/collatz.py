# The lengths of Collatz sequences: branches that go either way.
import sys
import time


def kernel(limit):
    longest = 0
    for n in range(1, limit):
        k = n
        length = 0
        while k != 1:
            k = k // 2 if k % 2 == 0 else 3 * k + 1
            length += 1
        if length > longest:
            longest = length
    return longest


start = time.perf_counter()
result = kernel(20000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
