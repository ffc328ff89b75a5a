# jit-expect: compile >= 1
# At the recursion limit, the `__init__` of an instance that compiled code would do without has no
# room for its frame.

import sys


class Pair:
    def __init__(self, a, b):
        self.a = a
        self.b = b


def make(a, b):
    return Pair(a, b).a + 1


def loop(n):
    t = 0
    for i in range(n):
        # The first iterations are the interpreter's.
        if i > 5:
            t += make(i, 1)
    return t


def down(depth):
    if depth == 0:
        try:
            return loop(50)
        except RecursionError as error:
            return str(error)
    return down(depth - 1)


print(loop(5000))
sys.setrecursionlimit(200)
results = []
for depth in range(150, 199):
    try:
        results.append(down(depth))
    except RecursionError:
        results.append("outside")
for result in dict.fromkeys(results):
    print(result, results.count(result))
