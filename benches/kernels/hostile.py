"""Loops that no trace fits well: inner loops of hardly a round, values of many kinds in one place,
objects and their methods, more branches than a trace has room for, exceptions that are looked at.
Giving up on them must not cost more than they do."""

import sys
import time


def short_inner(n):
    """Inner loops of none to two rounds, whose ends take turns."""
    total = 0
    for i in range(n):
        j = i % 3
        while j:
            total += j
            j -= 1
    return total


def many_types(n):
    """Values of many kinds at one place, in an order that does not repeat soon."""
    values = [1, 2.5, True, None, "a", (), 1 << 70, [], 3, -0.0, {}, b"x", 7]
    count = 0
    seed = 1
    for i in range(n):
        seed = (seed * 1103515245 + 12345) % 2147483648
        value = values[seed % 13]
        if value:
            count += 1
        if value == 3:
            count += 2
    return count


class Thing:
    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value


def objects(n):
    """Nothing but objects and calls of methods."""
    things = [Thing(i) for i in range(10)]
    total = 0
    for i in range(n):
        thing = things[i % 10]
        thing.value = thing.get() + 1
        total += thing.value
    return total


def leaves(n):
    """Exceptions whose arguments are looked at."""
    total = 0
    for i in range(n):
        try:
            total += int(str(i)[-1])
            if i % 2:
                raise KeyError(i)
        except KeyError as error:
            total -= error.args[0] & 1
    return total


def rare_paths(n):
    """Twelve branches that know nothing of each other: more paths than a trace has room for."""
    total = 0
    seed = 7
    for i in range(n):
        seed = (seed * 69069 + 1) % 4294967296
        k = seed >> 20
        if k & 1:
            total += 1
        if k & 2:
            total ^= 3
        if k & 4:
            total += 5
        if k & 8:
            total -= 2
        if k & 16:
            total += 9
        if k & 32:
            total ^= 1
        if k & 64:
            total += k
        if k & 128:
            total -= 7
        if k & 256:
            total += 11
        if k & 512:
            total ^= 5
        if k & 1024:
            total += 2
        if k & 2048:
            total -= 1
    return total


def kernel(n):
    return [f(n) for f in (short_inner, many_types, objects, leaves, rare_paths)]


n = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
