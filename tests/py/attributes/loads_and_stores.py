# jit-expect: compile >= 6
# Attributes in dictionaries and slots are read and replaced by compiled code: values of all
# kinds, one object under two names, values that are kept while their attribute is replaced.


class Point:
    scale = 2

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.tag = None

    def norm(self):
        return self.x * self.x + self.y * self.y

    def move(self, dx, dy):
        self.x += dx
        self.y += dy

    def swap(self):
        self.x, self.y = self.y, self.x

    def twice(self, d):
        self.move(d, self.scale)
        self.move(self.x - self.x, d)
        return self

    def other(self, p, d):
        # Perhaps the same object under another name.
        self.x = self.x + d
        p.x = p.x * 2
        return self.x


class Slots:
    __slots__ = ("a", "b", "c")

    def __init__(self):
        self.a = 0
        self.b = 1.5
        self.c = None

    def step(self, i):
        self.a += i
        self.b = self.b * 1.0001
        self.c = i


def basics(n):
    p = Point(1.0, 2)
    total = 0.0
    for i in range(n):
        total += p.norm()
        p.move(0.5, 1)
        if i % 64 == 0:
            p.x = -p.x
        if i % 1000 == 7:
            p.swap()
            p.swap()
    return total, p.x, p.y, p.scale


def slots(n):
    s = Slots()
    for i in range(n):
        s.step(i)
    return s.a, s.b, s.c


def same_or_not(n):
    p, q = Point(1, 2), Point(3, 4)
    out = []
    for i in range(n):
        r = p.other(q, 1)
        if i % 500 == 0:
            q.x = 3
            out.append(r)
    for i in range(n):
        r = p.other(p, 1)
        p.x = i % 10
        if i % 500 == 0:
            out.append(r)
    who = [p, q, p]
    for i in range(n):
        r = who[i % 3].other(who[i % 2], 1)
        who[i % 3].x = i % 10
        if i % 500 == 0:
            out.append((r, p.x, q.x))
    return out


def identity(n):
    s = Slots()
    p = Point(0, 0)
    bad = 0
    for i in range(n):
        big = i * 100000
        p.x = big
        s.a = big
        kept = p.x
        p.y = kept
        p.x = p.x + 1
        if kept is not s.a or p.y is not big or kept is not big:
            bad += 1
    return bad, p.x, p.y


def kept_floats(n):
    p = Point(0.5, 0.25)
    out = []
    for i in range(n):
        before = p.x
        p.x = before + 1.0
        again = p.x
        p.x += 1.0
        if again - before != 1.0 or p.x - again != 1.0:
            out.append(i)
        if i % 700 == 0:
            held = p.x
            out.append(held)
        p.y = p.x
        p.x += 0.5
        if p.y == p.x:
            out.append("shared")
    return out, held


def kinds(n):
    values = [1, 2.5, "text", None, True, 10**30, (1, 2), [3]]
    p = Point(0, 0)
    seen = {}
    for i in range(n):
        p.x = values[i % 8]
        p.tag = p.x
        name = type(p.tag).__name__
        seen[name] = seen.get(name, 0) + 1
        if p.tag is not values[i % 8]:
            print("wrong", i)
    return sorted(seen.items())


def swapped(n):
    p = Point([1], [2])
    q = Point(1.5, 2.5)
    for i in range(n):
        p.swap()
        q.swap()
        q.x, q.y = q.y + 1.0, q.x
    return p.x, p.y, q.x, q.y


def chained(n):
    p = Point(1, 1)
    total = 0
    for i in range(n):
        total += p.twice(i % 3).x
    return total, p.x, p.y


def truths(n):
    p = Point(True, 0)
    count = 0
    for i in range(n):
        if p.x:
            count += 1
        p.x = not p.x
        if p.y is not None and p.tag is None:
            count += 1
    return count, p.x


print(basics(5000))
print(slots(5000))
print(same_or_not(5000))
print(identity(5000))
print(kept_floats(5000))
print(kinds(5000))
print(swapped(5001))
print(chained(5000))
print(truths(5000))
