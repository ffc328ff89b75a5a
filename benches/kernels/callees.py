# Functions with short loops of their own: over a list, over a range, and a comprehension.
import sys
import time


def total(values):
    t = 0
    for v in values:
        t += v
    return t


def triangle(k):
    t = 0
    for i in range(k):
        t += i
    return t


def squares(k):
    return [i * i for i in range(k)]


def kernel(n):
    values = [1, 2, 3, 4]
    out = 0
    for i in range(n):
        values[i & 3] = i
        out = (out + total(values) + triangle(4) + len(squares(3))) % 1000003
    return out


start = time.perf_counter()
result = kernel(200_000)
print(f"BENCH_SECONDS {time.perf_counter() - start:.6f}", file=sys.stderr)
print(result)
