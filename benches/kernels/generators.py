# Loops over generators: one with a counter, one that filters another, one that delegates.
import sys
import time


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def odd(values):
    for x in values:
        if x & 1:
            yield x


def through(values):
    yield from values


def kernel(n):
    total = 0
    for x in numbers(n):
        total += x & 7
    for x in odd(numbers(n)):
        total += x & 7
    for x in through(numbers(n)):
        total += x & 7
    return total


start = time.perf_counter()
result = kernel(400000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
