# Vectors as instances: each expression makes some, most of which nobody keeps.
import sys
import time


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def scale(self, k):
        return Vector(self.x * k, self.y * k)

    def dot(self, other):
        return self.x * other.x + self.y * other.y

    def towards(self, other, k):
        return self.add(other.add(self.scale(-1.0)).scale(k))


def kernel(n):
    here = Vector(0.0, 1.0)
    goal = Vector(3.0, 4.0)
    total = 0.0
    for i in range(n):
        here = here.towards(goal, 0.001)
        total += here.dot(goal)
    return total


start = time.perf_counter()
result = kernel(300000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
