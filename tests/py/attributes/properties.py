# Attributes that are computed by properties, which classes and properties
# themselves can change.
# jit-expect: compile >= 5
import sys
import traceback


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    @property
    def sum(self):
        return self.x + self.y

    @property
    def scaled(self):
        return self.sum * 2.5

    @property
    def count(self):
        return sys.getrefcount(self)

    @property
    def inverse(self):
        return 1 / self.x

    @property
    def missing(self):
        return self.nothing

    @property
    def caller(self):
        return sys._getframe(1).f_lineno


class Derived(Point):
    @property
    def sum(self):
        return self.x - self.y


def reads(points, n):
    total = 0
    for i in range(n):
        p = points[i & 1]
        p.x = i
        total += p.sum + p.scaled
    return total


def fresh(n):
    total = 0
    for i in range(n):
        total += Point(i, 1).sum
        total += Derived(i, 1).scaled
    return total


def counted(n):
    p = Point(1, 2)
    seen = set()
    for i in range(n):
        seen.add(p.count - 1)
    return seen


def raising(n):
    p = Point(1, 2)
    total = 0
    for i in range(n):
        p.x = i % 100
        try:
            total += p.inverse
        except ZeroDivisionError:
            total += 1000
            text = traceback.format_exc()
    return total, text


def fails(n):
    p = Point(1, 2)
    names = set()
    for i in range(n):
        try:
            p.missing
        except AttributeError as e:
            names.add((e.name, str(e)))
    return names


def lines(n):
    p = Point(1, 2)
    seen = set()
    for i in range(n):
        seen.add(p.caller)
        seen.add(p.caller)
    return sorted(seen)


def replaced(n):
    p = Point(3, 4)
    found = []
    total = 0
    for i in range(n):
        total += p.sum
        if i == n // 2:
            found.append(total)
            Point.sum = property(lambda self: self.x * 100)
        if i == n * 3 // 4:
            found.append(total)
            Point.sum = 5
            p.__dict__["sum"] = 1000
    found.append(total)
    Point.sum = property(lambda self: self.x + self.y)
    return found


def code_replaced(n):
    p = Point(3, 4)
    getter = Point.__dict__["scaled"].fget
    old = getter.__code__
    total = 0
    for i in range(n):
        total += p.scaled
        if i == n // 2:
            getter.__code__ = (lambda self: self.y).__code__
    getter.__code__ = old
    return total


def made_anew(n):
    p = Point(3, 4)
    total = 0
    old = Point.__dict__["sum"].fget
    for i in range(n):
        total += p.sum
        if i == n // 2:
            Point.__dict__["sum"].__init__(lambda self: self.y * 10)
            # Without this the interpreter may go on with the old getter.
            Point.changed = i
    Point.__dict__["sum"].__init__(old)
    del Point.changed
    return total


for unit in (fresh, counted, raising, fails, lines, replaced, code_replaced, made_anew):
    for n in (30, 4000):
        print(unit.__name__, n, unit(n))
for n in (30, 4000):
    print(reads([Point(1, 2), Point(3, 4.5)], n), reads([Point(1, 2), Derived(3, 4)], n))
