# jit-expect: compile >= 2
# jit-expect: abort >= 1
# A recording of a call that takes very long is dropped, so that what becomes hot in there is
# recorded first; and an exit deep down is as bad as many: its side path is recorded at once.
import sys


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def spread(n, width):
    total = n
    if n < 3:
        return total
    for k in range(width):
        total += spread(n - k - 1, width)
    return total


sys.setrecursionlimit(10_000)
print(ackermann(2, 420))
for n in range(4, 14):
    print(n, spread(n, 2), spread(n, 3))
