# Calls that need more than positions: defaults, keywords, a property, a closure.
import sys
import time


def clamp(x, low=0, high=1000):
    if x < low:
        return low
    return high if x > high else x


class Line:
    def __init__(self, slope, base):
        self.slope = slope
        self.base = base

    @property
    def ends(self):
        return self.base + self.slope * 100


def shifted(by):
    def shift(x):
        return x + by

    return shift


def kernel(n):
    line = Line(2, 3)
    shift = shifted(7)
    total = 0
    for i in range(n):
        total += clamp(i & 2047) + clamp(i, high=50)
        total += clamp(low=2, x=i & 3) + line.ends + shift(i)
    return total


start = time.perf_counter()
result = kernel(300000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
