# jit-expect: compile >= 10
# Tuples that are made only to be taken apart: as keys of `__getitem__` and `__setitem__`, as results of
# calls and of generators. And calls whose last effect is a store.
import sys
import traceback
from array import array


class Grid:
    def __init__(self, w, h):
        self.width = w
        self.height = h
        self.data = array("d", [0.0]) * (w * h)

    def _index(self, x, y):
        if 0 <= x < self.width and 0 <= y < self.height:
            return y * self.width + x
        raise IndexError((x, y))

    def __getitem__(self, at):
        x, y = at
        return self.data[self._index(x, y)]

    def __setitem__(self, at, value):
        (x, y) = at
        self.data[self._index(x, y)] = value

    def points(self):
        for y in range(self.height):
            for x in range(self.width):
                yield x, y


class Rows(Grid):
    def __init__(self, w, h):
        self.width = w
        self.height = h
        self.data = [array("d", [0.0]) * w for _ in range(h)]

    def __getitem__(self, at):
        if isinstance(at, tuple):
            return self.data[at[1]][at[0]]
        return self.data[at]

    def __setitem__(self, at, value):
        if isinstance(at, tuple):
            self.data[at[1]][at[0]] = value
        else:
            self.data[at] = value


class Remembers(Grid):
    last = None

    def __getitem__(self, at):
        # The tuple is seen.
        self.last = at
        return Grid.__getitem__(self, at)


class Stack:
    def __init__(self):
        self.items = []
        self.pushes = 0

    def push(self, item):
        self.pushes += 1
        self.items.append(item)

    def pop(self):
        return self.items.pop()


def smooth(grid, cycles):
    for _ in range(cycles):
        for y in range(1, grid.height - 1):
            for x in range(1, grid.width - 1):
                grid[x, y] = (
                    0.3 * (grid[x, y - 1] + grid[x, y + 1] + grid[x - 1, y] + grid[x + 1, y])
                    - 0.2 * grid[x, y]
                    + 1
                )
    return sum(grid[x, y] * (x + 2 * y) for x, y in grid.points())


def divide(a, b):
    return a // b, a % b


def swap(pair):
    a, b = pair
    return b, a


def first(pair):
    return pair[0] + len(pair)


def pairs(n):
    q = r = 0
    total = 0
    for i in range(n):
        q, r = divide(i * 7 + q, r + 3)
        total += q - r
        a, b = swap((i, total))
        total += a & 3
        total -= b & 1
        total += first((i, a))
    return total


def changing(n):
    # Elements of all kinds; a count that does not fit.
    kinds = [1, 2.5, "text", None, 1 << 70, (1, 2)]
    seen = {}
    for i in range(n):
        x = kinds[i * 6 // n]
        a, b = swap((x, i))
        seen[type(b).__name__] = seen.get(type(b).__name__, 0) + a
    return seen


def wrong_count(n):
    def take(at):
        x, y = at
        return x + y

    total = 0
    try:
        for i in range(n):
            total += take((i, 1)) if i < n - 5 else take((i, 1, 2))
    except ValueError:
        traceback.print_exc(file=sys.stdout)
    return total


def outside(grid, n):
    total = 0.0
    try:
        for i in range(n):
            total += grid[i % 10 if i < n - 4 else i, 3]
    except IndexError:
        traceback.print_exc(file=sys.stdout)
    try:
        for i in range(n):
            grid[i % 10, 3 if i < n - 4 else -1] = i
    except IndexError:
        traceback.print_exc(file=sys.stdout)
    return total


def wrong_value(grid, n):
    try:
        for i in range(n):
            grid[i % 10, 2] = i * 0.5 if i < n - 3 else "text"
    except TypeError:
        traceback.print_exc(file=sys.stdout)
    return grid[9, 2]


def remembered(n):
    grid = Remembers(10, 10)
    seen = set()
    for i in range(n):
        grid[i % 10, i % 7]
        seen.add(grid.last)
    return len(seen), grid.last


def stacked(n):
    stack = Stack()
    total = 0
    objects = [object() for _ in range(7)]
    same = 0
    for i in range(n):
        number = i * 1000
        stack.push(number)
        stack.push(objects[i % 7])
        stack.push(i * 0.5)
        total += stack.pop()
        same += stack.pop() is objects[i % 7]
        same += stack.items[-1] is number
        total += stack.pop()
        if i % 3 == 0:
            stack.push(i)
    return total, same, stack.pushes, len(stack.items), sum(stack.items)


def from_generator(n):
    def both():
        for i in range(n):
            yield i, i * 0.5

    total = 0
    for a, b in both():
        total += a - b
    for pair in both():
        total += pair[0]
    return total, dict(both())[n - 1]


def kept(n):
    # The same tuple twice.
    pair = None
    count = 0
    for i in range(n):
        pair, old = (i, 2), pair
        a, b = pair
        count += a + b
        count += pair is old
    return count, pair


N = 5000
print(smooth(Grid(30, 20), 9), smooth(Rows(30, 20), 9))
print(pairs(N), changing(6000), wrong_count(N))
print(outside(Grid(10, 10), N), wrong_value(Grid(10, 10), N), wrong_value(Rows(10, 10), N))
print(remembered(N), stacked(N), from_generator(N), kept(N))
rows = Rows(10, 10)
print(sum(rows[i % 10][3] for i in range(N)))
