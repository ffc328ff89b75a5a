# A grid whose class takes pairs as keys, relaxed a few times.
import sys
import time
from array import array


class Grid:
    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.data = array("d", [0.0]) * (width * height)

    def index(self, x, y):
        if 0 <= x < self.width and 0 <= y < self.height:
            return y * self.width + x
        raise IndexError

    def __getitem__(self, at):
        x, y = at
        return self.data[self.index(x, y)]

    def __setitem__(self, at, value):
        x, y = at
        self.data[self.index(x, y)] = value


def kernel(size, cycles):
    grid = Grid(size, size)
    for _ in range(cycles):
        for y in range(1, size - 1):
            for x in range(1, size - 1):
                around = grid[x, y - 1] + grid[x, y + 1] + grid[x - 1, y] + grid[x + 1, y]
                grid[x, y] = 0.3 * around - 0.2 * grid[x, y] + 1.0
    return grid[size // 2, size // 2]


start = time.perf_counter()
result = kernel(100, 6)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
