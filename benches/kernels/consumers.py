# Generator expressions in all, any and list.
import sys
import time


def kernel(n):
    numbers = list(range(n))
    squares = list(x * x for x in numbers if x % 3)
    return (
        len(squares),
        all(x >= 0 for x in squares),
        any(x == -1 for x in squares),
        sum(any(x == y for x in range(40)) for y in range(n // 50)),
    )


start = time.perf_counter()
result = kernel(300000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
