# jit-expect: compile >= 6
# Tuples, lists and dictionaries that loops and what they call make.
import gc
import sys
import weakref


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def pair(self):
        return (self.x, self.y)

    def moved(self, dx):
        self.x += dx
        pair = (self.x, self.y, dx)
        if self.x > 1000:
            self.x = 0
            return pair
        return [pair, self.x]


class Loud:
    ended = 0

    def __del__(self):
        Loud.ended += 1


def tuples(n):
    out = []
    for i in range(n):
        t = (i, i + 1)
        out.append(t)
        out.append((i, "x", 0.5, None, True))
    return len(out), out[0], out[-1], out[-2] is t


def same(n):
    # The number in the tuple is the one in the local.
    count = 0
    for i in range(n):
        x = i * 1000003
        t = (x, x, i)
        u = [x, t]
        if t[0] is x:
            count += 1
        if t[1] is t[0]:
            count += 1
        if u[0] is x:
            count += 1
    return count, t, u


def lists(n):
    total = 0
    rows = []
    for i in range(n):
        row = []
        row.append(i)
        row.append(i * 2)
        if i % 100 == 0:
            rows.append(row)
        total += len(row)
    return total, len(rows), rows[-1]


def dicts(n):
    last = None
    for i in range(n):
        d = {}
        d["i"] = i
        last = d
    return last, sys.getrefcount(last)


def methods(n):
    p = Point(1, 2)
    total = 0
    kept = None
    for i in range(n):
        x, y = p.pair()
        total += x * y
        kept = p.pair()
        got = p.moved(i % 5)
        if len(got) == 3:
            total += got[0]
        else:
            total -= got[1]
    return total, kept, got


def ends(n):
    for i in range(n):
        pair = (Loud(), i)
        single = [pair[0]]
    first = Loud.ended
    del pair, single
    return first, Loud.ended


def cycles(n):
    refs = []
    for i in range(n):
        row = []
        p = Point(row, i)
        row.append(p)
        if i % 1000 == 0:
            refs.append(weakref.ref(p))
    del p, row
    gc.collect()
    return [ref() is None for ref in refs]


def keys(n):
    seen = {}
    for i in range(n):
        key = (i % 10, i % 3)
        seen[key] = i
    return len(seen), seen[(3, 1)]


def raises(n):
    total = 0
    for i in range(n):
        try:
            t = (i, 100 // (i % 50))
            total += t[1]
        except ZeroDivisionError:
            total -= 1
    return total


def nested(n):
    out = None
    for i in range(n):
        out = (i, (i, [i, out is None]), {})
    return out


def passed(p, q):
    (a, b) = q
    p.x = a
    r = (q, a, b)
    if p.x > 10:
        p.y = r
    return r


def arguments(n):
    p = Point(0, 0)
    for i in range(n):
        r = passed(p, (i, i * 70000))
    return r, p.x, p.y, r[1] is r[0][0], p.x is r[1]


print(tuples(3000))
print(same(3000))
print(lists(3000))
print(dicts(3000))
print(methods(3000))
print(ends(3000))
print(cycles(3000))
print(keys(3000))
print(raises(3000))
print(nested(3000))
print(arguments(3000))
