# jit-expect: compile >= 6
# Classes whose `__init__` computes: with conditions, other methods, loops over nothing, attributes that
# depend on each other, and what goes wrong in there.
import gc
import sys
import weakref


class Vector:
    def __init__(self, x, y, z):
        self.x = float(x)
        self.y = float(y)
        self.z = float(z)
        self.length = (self.x * self.x + self.y * self.y + self.z * self.z) ** 0.5

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z


class Interval:
    def __init__(self, low, high):
        if low > high:
            low, high = high, low
        self.low = low
        self.high = high
        self.clip()

    def clip(self):
        if self.low < 0:
            self.low = 0

    def size(self):
        return self.high - self.low


class Named:
    kind = "named"

    def __init__(self, n):
        self.n = n
        self.kind = self.kind if n % 2 else "even"
        self.parts = Interval(n, 5)


class Registered:
    everything = []

    def __init__(self, n):
        self.n = n
        self.everything.append(self)


class Chain:
    def __init__(self, value, next):
        self.value = value
        self.depth = next.depth + 1 if next is not None else 0
        self.next = next


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a
        self.b = a + 1


class Odd:
    def __init__(self, n):
        self.n = n
        if n == 1777:
            return 5


class Fails:
    def __init__(self, n):
        self.n = n
        self.inverse = 1000 // (n - 1500)


class Setter:
    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = value * 2

    def __init__(self, x):
        self.x = x
        self.y = self.x + 1


def vectors(n):
    total = 0.0
    for i in range(n):
        a = Vector(i, 1, 2)
        total += a.dot(Vector(1, i, 0.5)) + a.length
    return round(total, 6), sorted(vars(a))


def intervals(n):
    total = 0
    last = None
    for i in range(n):
        last = Interval(i - 10, 20)
        total += last.size()
    return total, list(vars(last).items())


def named(n):
    counts = {}
    for i in range(n):
        a = Named(i)
        counts[a.kind] = counts.get(a.kind, 0) + a.parts.size()
    return counts, list(vars(a))


def registered(n):
    for i in range(n):
        Registered(i)
    return len(Registered.everything), sum(r.n for r in Registered.everything)


def chain(n):
    head = None
    for i in range(n):
        head = Chain(i, head if i % 50 else None)
    return head.depth, head.value, sys.getrefcount(head.next)


def slots(n):
    total = 0
    for i in range(n):
        s = Slots(i)
        total += s.a * s.b
    return total


def odd(n):
    total = 0
    for i in range(n):
        try:
            total += Odd(i).n
        except TypeError as error:
            print(error)
    return total


def fails(n):
    total = 0
    for i in range(n):
        try:
            total += Fails(i).inverse
        except ZeroDivisionError as error:
            tb = error.__traceback__.tb_next
            print(i, tb.tb_frame.f_code.co_name, sorted(vars(tb.tb_frame.f_locals["self"])))
    return total


def setter(n):
    total = 0
    for i in range(n):
        s = Setter(i)
        total += s.y
    return total, sorted(vars(s))


def changes(n):
    # The class, or its `__init__`, is replaced while the loop runs.
    class Thing:
        def __init__(self, a):
            self.a = a + 1
            self.b = self.a * 2

    def other(self, a):
        self.b = a

    total = 0
    for i in range(n):
        if i == n // 2:
            Thing.__init__ = other
        t = Thing(i)
        total += t.b
    return total, sorted(vars(t))


def ends(n):
    gone = []
    for i in range(n):
        v = Vector(i, 0, 0)
        if i % 1000 == 0:
            ref = weakref.ref(v, lambda _, i=i: gone.append(i))
            gone.append(ref() is v)
    del v
    gc.collect()
    return gone


class Caught(Exception):
    def __init__(self, code):
        self.code = code * 2


def exceptions(n):
    total = 0
    for i in range(n):
        try:
            if i % 3 == 0:
                raise Caught(i)
        except Caught as error:
            total += error.code
    return total


print(vectors(3000))
print(intervals(3000))
print(named(3000))
print(registered(3000))
print(chain(3020))
print(slots(3000))
print(odd(3000))
print(fails(3000))
print(setter(3000))
print(changes(4000))
print(ends(3000))
print(exceptions(3000))


class Both:
    __slots__ = ("a", "__dict__")

    def __init__(self, a):
        self.a = a
        self.extra = a + 1


class Derived(Slots):
    __slots__ = ("c",)

    def __init__(self, a):
        self.c = a * 2
        self.a = self.c + 1


class Empty:
    __slots__ = ("a",)

    def __init__(self, a):
        pass


def more_slots(n):
    total = 0
    unset = 0
    for i in range(n):
        total += Both(i).extra + Derived(i).a
        s = Slots(i)
        s.a = s.b
        total += s.a
        try:
            Empty(i).a
        except AttributeError:
            unset += 1
        d = Derived(i)
    try:
        d.b
    except AttributeError as error:
        print(error)
    return total, unset, d.a, d.c


print(more_slots(3000))
