# Calls that raise, with the lines of all frames; and the recursion limit.
# jit-exit: 1
import sys
import traceback


def divide(a, b):
    c = a + 1
    return c // b


def through(a, b):
    return (
        divide(a, b)
        + 1
    )


def unbound(i):
    if i != 3000:
        x = i
    return x


def run(n):
    s = errors = 0
    for i in range(n):
        try:
            s += through(i, i % 50 - 49 * (i > 2000))
        except ZeroDivisionError as error:
            errors += 1
            if errors % 20 == 1:
                print(traceback.format_exc())
    return s, errors


def names(n):
    for i in range(n):
        unbound(i)


print(run(4000))
try:
    names(4000)
except UnboundLocalError:
    traceback.print_exc(file=sys.stdout)


def leaf(x):
    return x + 1


def deep(levels, n):
    if levels:
        return deep(levels - 1, n)
    s = 0
    for i in range(n):
        s = leaf(s)
    return s


def room():
    low, high = 1, 1000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            deep(middle, 3)
        except RecursionError:
            high = middle - 1
        else:
            low = middle
    return low


sys.setrecursionlimit(150)
first = room()
for _ in range(3):
    deep(20, 3000)
print(room() == first)
try:
    deep(first + 1, 3000)
except RecursionError as error:
    print(error)
print(deep(first, 3000))
through(1, 0)
