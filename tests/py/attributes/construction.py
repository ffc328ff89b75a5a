# jit-expect: compile >= 5
# Instances that compiled code makes, or does without: their attributes, identity, lifetime, what
# is still needed of them when a call ends.

import gc
import sys
import weakref


class Vector:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def add(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def scaled(self, k):
        return Vector(self.x * k, self.y * k, self.z * k)

    def reflect(self, other):
        d = self.scaled(self.dot(other))
        return other.add(d.scaled(-2))

    def length2(self):
        return self.add(self).dot(self)

    def same(self):
        return self


class Box:
    kind = "box"

    def __init__(self, value):
        self.value = value
        self.count = 0
        self.next = None

    def bump(self):
        self.count += 1
        return self

    def chain(self, value):
        b = Box(value)
        b.next = self
        b.bump().bump()
        return b


def vectors(n):
    v = Vector(1.0, 0.5, 0.25)
    t = 0.0
    for i in range(n):
        w = Vector(i * 0.001, 1.0, -1.0)
        t += w.reflect(v).dot(v) + w.length2() + w.same().x
        if i % 500 == 0:
            v = v.add(w).scaled(0.5)
    return t, v.x, v.y, v.z, list(v.__dict__.items())


def nothing_left(n):
    v = Vector(1, 2, 3)
    t = 0
    for i in range(n):
        t += v.length2() % 7 + v.reflect(v).z
    return t


def identity(n):
    bad = 0
    for i in range(n):
        big = i * 1000000
        v = Vector(big, big, i)
        if v.x is not big or v.x is not v.y or v.z != i:
            bad += 1
        u = v.add(v)
        if u is v or u.x != v.x * 2:
            bad += 1
        s = v.same()
        if s is not v:
            bad += 1
    return bad


def chains(n):
    b = Box(0)
    for i in range(n):
        b = b.chain(i)
        if i % 100 == 0:
            b.next = None
    t = 0
    while b is not None:
        t += b.value * b.count
        b = b.next
    return t


def kept(n):
    out = []
    for i in range(n):
        v = Vector(i, None, "z")
        out.append(v)
    return len({id(v) for v in out}), out[-1].__dict__, out[7].x, type(out[3]) is Vector


def references(n):
    value = object()
    before = sys.getrefcount(value)
    for i in range(n):
        b = Box(value)
        c = b.chain(value)
        d = c.next.value
    del b, c, d
    gc.collect()
    return sys.getrefcount(value) - before


def weak(n):
    refs = []
    for i in range(n):
        b = Box(i)
        if i % 300 == 0:
            refs.append(weakref.ref(b))
    alive = [r() is not None for r in refs]
    return alive.count(True), b.value


def class_changes(n):
    class P:
        def __init__(self, v):
            self.v = v

        def get(self):
            return self.v

    t = 0
    for i in range(n):
        t += P(i).get()
        if i == n // 4:
            P.get = lambda self: -self.v
        if i == n // 3:
            P.extra = 1

            def init(self, v):
                self.v = v + 1

            P.__init__ = init
        if i == n // 2:
            P.v = property(lambda self: 100, lambda self, v: None)
        if i == n // 2 + 100:
            del P.v
        if i == n - 300:
            P.__init__.__code__ = (lambda self, v: setattr(self, "v", 7)).__code__
        if i == n - 100:
            P.__new__ = lambda cls, v: object.__new__(cls)
    return t


def finalizers(n):
    log = []

    class F:
        def __init__(self, v):
            self.v = v

        def __del__(self):
            log.append(self.v)

    def use(v):
        return F(v).v + 1

    t = 0
    for i in range(n):
        t += use(i)
        t += len(log)
    return t, len(log), log[:3]


def raises(n):
    class E:
        def __init__(self, a, b):
            self.a = a
            self.b = b

        def ratio(self):
            return self.a // self.b

    def make(a, b):
        return E(a, b).ratio() + E(b + 1, 1).ratio()

    t = 0
    for i in range(n):
        try:
            t += make(i * 10, i % 50)
        except ZeroDivisionError:
            t += 1000000
    return t


def overflow(n):
    def make(a):
        v = Vector(a, a, a)
        return v.dot(v)

    t = 0
    for i in range(n):
        t += make(1 << (i % 40)) % 1000007
    return t


def polymorphic(n):
    class A:
        def __init__(self, v):
            self.v = v

        def go(self):
            return self.v

    class B:
        def __init__(self, v):
            self.w = v
            self.v = 1

        def go(self):
            return self.w * self.v

    t = 0
    for i in range(n):
        c = A if i % 3 else B
        t += c(i).go()
    return t


for test in [
    vectors,
    nothing_left,
    identity,
    chains,
    kept,
    references,
    weak,
    class_changes,
    finalizers,
    raises,
    overflow,
    polymorphic,
]:
    print(test.__name__, test(4000))
