# jit-expect: compile >= 8
# Calls with effects in the middle: exits behind them go on in the callee's own frame.
import sys


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

    def two(self):
        a = self.step()
        b = self.step()
        return a * 3 - b


class Stack:
    def __init__(self):
        self.items = []
        self.pushes = 0

    def push(self, item):
        self.items.append(item)
        self.pushes += 1
        if self.pushes % 97 == 0:
            return -1
        return len(self.items)

    def drop(self):
        last = self.items.pop()
        self.pushes -= 2
        if last % 5 == 0:
            self.items.append(last + 1)
            return 0
        return last


def swap(items, i, j):
    items[i], items[j] = items[j], items[i]
    if items[i] > items[j]:
        return 1
    return 0


def note(items, at, value):
    old = items[at]
    items[at] = value
    return old + value // items[at + 1]


def random(n):
    r = Random(5)
    total = 0
    for _ in range(n):
        total = (total * 7 + r.step()) % 1000003
    return total, r.m, r.i, r.j


def pairs(n):
    r = Random(11)
    total = 0
    for _ in range(n):
        total = (total * 5 + r.two()) % 1000003
    return total, r.m, r.i, r.j


def stack(n):
    s = Stack()
    total = 0
    for i in range(n):
        total += s.push(i)
        total += s.push(i * 2)
        total -= s.drop()
    return total, len(s.items), s.items[:5], s.pushes


def swaps(n):
    items = [7, 3, 9, 1, 4]
    count = 0
    for i in range(n):
        count += swap(items, i % 5, (i * 3 + 1) % 5)
    return count, items


def notes(n):
    items = [3, 5, 2, 8, 1, 7]
    total = 0
    errors = 0
    for i in range(n):
        try:
            total += note(items, i % 5, i % 4)
        except ZeroDivisionError:
            errors += 1
    return total, errors, items


def big(n):
    # What does not fit any more, behind an effect.
    class Counter:
        def __init__(self):
            self.calls = 0
            self.value = 1

        def grow(self):
            self.calls += 1
            self.value = self.value * 3 + 1
            return self.calls

    c = Counter()
    total = 0
    for i in range(n):
        if i % 60 == 0:
            c.value = 1
        total += c.grow()
    return total, c.calls, c.value


print(random(4000))
print(pairs(3000))
print(stack(3000))
print(swaps(4000))
print(notes(4000))
print(big(3000))
print(sys.getrefcount(Random) < 50)
