# Methods that change elements and attributes in the middle, and branch behind that.
import sys
import time


class Random:
    def __init__(self, seed):
        self.m = [(seed * 31 + 7 * i) % 1009 for i in range(17)]
        self.i = 4
        self.j = 16

    def step(self):
        k = self.m[self.i] - self.m[self.j]
        if k < 0:
            k += 1009
        self.m[self.j] = k
        if self.i == 0:
            self.i = 16
        else:
            self.i -= 1
        if self.j == 0:
            self.j = 16
        else:
            self.j -= 1
        return k


def kernel(n):
    r = Random(5)
    total = 0
    for _ in range(n):
        total = (total * 7 + r.step()) % 1000003
    return total


start = time.perf_counter()
result = kernel(1_000_000)
print(f"BENCH_SECONDS {time.perf_counter() - start:.6f}", file=sys.stderr)
print(result)
