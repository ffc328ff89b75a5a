# jit-expect: residual == 0
# jit-expect: compile >= 6
# Builtin functions that compiled code calls itself: nothing of these loops is left to the interpreter.


class Thing:
    pass


class Part(Thing):
    pass


def lengths(n, numbers, text, table, pair):
    total = 0
    for i in range(n):
        total += len(numbers) + len(text) * len(table) - len(pair)
    return total


def sizes(n):
    total = 0
    for i in range(n):
        total += abs(i - n) + min(i, 7) - max(3, i)
        total += abs(0.5 - i) * 2
    return total


def kinds(n, thing, part):
    found = 0
    for i in range(n):
        if isinstance(part, Thing):
            found += 1
        if isinstance(thing, Part):
            found += 10
    return found


def inside(x):
    return abs(x) + min(x, 5)


def in_calls(n):
    total = 0
    for i in range(n):
        total += inside(i - 100)
    return total


def contains(n, numbers, pair):
    found = 0
    for i in range(n):
        if i % 9 in numbers:
            found += 1
        if i % 4 not in pair:
            found += 100
    return found


def lengths_inside(n, lists):
    def is_one(i):
        return len(lists[i]) == 1

    found = 0
    for i in range(n):
        if is_one(i % 3):
            found += 1
    return found


N = 5000
print(lengths(N, [1, 2, 3], "text", {1: 2}, (4, 5)), sizes(N), kinds(N, Thing(), Part()))
print(in_calls(N), contains(N, [1, 2.0, "x", 5, None], (1, 3)), lengths_inside(N, [[1], [], [2]]))
