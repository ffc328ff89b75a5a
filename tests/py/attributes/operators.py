# Operators that classes define: which operand is asked, what it may answer, and
# classes that change.
# jit-expect: compile >= 6
import traceback


class Vec:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vec(self.x - other.x, self.y - other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    def __getitem__(self, k):
        return self.x if k == 0 else self.y

    def __repr__(self):
        return "Vec(%r, %r)" % (self.x, self.y)


class Sub(Vec):
    def __radd__(self, other):
        return "Sub.__radd__"


class Picky:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        if other % 7 == 0:
            return NotImplemented
        return self.n + other

    def __floordiv__(self, other):
        return 100 // other


class Right:
    def __init__(self, n):
        self.n = n

    def __mod__(self, k):
        return self.n % k

    def __radd__(self, other):
        return (type(other).__name__, self.n)

    def __sub__(self, other):
        return NotImplemented

    def __rsub__(self, other):
        return "rsub"


class Left:
    answer = NotImplemented

    def __add__(self, other):
        return self.answer

    def __sub__(self, other):
        return self.answer


class InPlace(Vec):
    def __iadd__(self, other):
        self.x += 1000
        return self


def sums(n):
    total = Vec(0, 0.5)
    step = Vec(1, 0.25)
    for i in range(n):
        total = total + step * 2 - step
        total += step
    return total, total[0], total[1]


def virtual(n):
    total = 0
    for i in range(n):
        total += (Vec(i, 1) + Vec(2, i))[i & 1]
    return total


def mixed(n):
    total = 0
    v = Vec(1, 2)
    for i in range(n):
        total += (v * i)[0] + (v * 0.5)[1] + (v * True)[0]
    return total


def subclass(n):
    v, s = Vec(1, 2), Sub(3, 4)
    pairs = [(v, v), (s, s), (s, v), (v, s)]
    found = []
    for a, b in pairs:
        for i in range(n):
            r = a + b
        found.append(repr(r))
    return found


def picky(n):
    p = Picky(10)
    total = 0
    errors = set()
    for i in range(n):
        try:
            total += p + i
        except TypeError as e:
            errors.add(str(e))
    return total, errors


def right_answers(n):
    p, r = Left(), Right(3)
    found = []
    for i in range(n):
        a = p + r
        b = p - r
        if i == n // 2:
            found.append((a, b))
            Left.answer = 5
        if i == n * 3 // 4:
            found.append((a, b))
            p.answer = NotImplemented
    found.append((a, b))
    Left.answer = NotImplemented
    return found


def nobody(n):
    a, b = Left(), Left()
    text = ""
    count = 0
    for i in range(n):
        try:
            a + b
        except TypeError:
            text = traceback.format_exc()
            count += 1
    return count, text


def raising(n):
    p = Picky(1)
    total = 0
    for i in range(n):
        try:
            total += p // (i % 50)
        except ZeroDivisionError:
            text = traceback.format_exc()
            total += 1
    return total, text


def in_place(n):
    v = InPlace(1, 2)
    w = Vec(1, 2)
    step = Vec(1, 1)
    for i in range(n):
        v += step
        w += step
    return v, w


def replaced(n):
    old = Vec.__add__
    v = Vec(1, 2)
    found = []
    for i in range(n):
        r = v + v
        if i == n // 2:
            found.append(r)
            Vec.__add__ = lambda self, other: "new"
        if i == n * 3 // 4:
            found.append(r)
            Vec.__add__ = old
            old.__code__ = (lambda self, other: other.y).__code__
    found.append(r)
    return found


CODE = Vec.__add__.__code__

for unit in (
    sums,
    virtual,
    mixed,
    subclass,
    picky,
    right_answers,
    nobody,
    raising,
    in_place,
    replaced,
):
    for n in (30, 4000):
        print(unit.__name__, n, unit(n))
        Vec.__add__.__code__ = CODE
