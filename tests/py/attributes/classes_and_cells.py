# jit-expect: compile >= 5
# Attributes of classes, isinstance, truth by class, cells, comprehensions, in compiled loops, and
# what changes them.


class Strength:
    WEAK = 3
    STRONG = 1.5
    names = ["a", "b"]

    def helper(x):
        return x + 1

    @staticmethod
    def static(x):
        return x * 2


class Weaker(Strength):
    pass


def class_attributes(n):
    t = 0
    for i in range(n):
        t += Strength.WEAK + Weaker.STRONG + len(Weaker.names) + Strength.helper(i) % 3
        t += Weaker.static(1)
        if i == n // 3:
            Strength.WEAK = 30
        if i == n // 2:
            Weaker.STRONG = 2
        if i == n - 100:
            del Weaker.STRONG
    Strength.WEAK = 3
    return t


def metaclass(n):
    class Meta(type):
        value = 5

        @property
        def prop(cls):
            return 6

    class C(metaclass=Meta):
        own = 7

    t = 0
    for i in range(n):
        t += C.value + C.prop + C.own
        if i == n // 2:
            Meta.own = property(lambda cls: 70)
    return t


def instances(n):
    class A:
        pass

    class B(A):
        pass

    class C:
        pass

    things = [A(), B(), C()]
    t = 0
    for i in range(n):
        x = things[i % 3]
        if isinstance(x, A):
            t += 1
        if isinstance(x, B):
            t += 10
        if not isinstance(x, C):
            t += 100
        if i == n // 2:
            C.__bases__ = (A,) if C.__bases__ != (object,) else C.__bases__
        if i == n - 100:
            things[2].__class__ = A
    return t


def odd_class(n):
    class A:
        pass

    class Liar:
        @property
        def __class__(self):
            return A

    things = [A(), Liar(), 3, "x", None]
    t = 0
    for i in range(n):
        if isinstance(things[i % 5], A):
            t += i % 7
    return t


def truths(n):
    class T:
        pass

    class F:
        def __init__(self):
            self.n = 0

        def __len__(self):
            self.n += 1
            return self.n % 2

    x, f = T(), F()
    t = 0
    for i in range(n):
        if x:
            t += 1
        if not x:
            t += 1000
        if f:
            t += 10
        if i == n // 2:
            T.__bool__ = lambda self: False
        if i == n - 100:
            del T.__bool__
    return t


def cells(n):
    total = 0
    step = 1
    text = None

    def add(k):
        nonlocal total, step
        total += k
        if total % 1000 == 0:
            step += 1

    def other():
        return text

    for i in range(n):
        add(step)
        if i % 3 == 0:
            total += step
        if i == n // 2:
            text = [total]
    return total, step, other()


def unbound_cell(n):
    def get():
        return late

    t = 0
    for i in range(n):
        if i == n - 1:
            late = 5
        if i >= n - 1:
            t += late
    try:
        del late
        for i in range(n):
            t += late
    except NameError as error:
        return t, get.__name__, str(error)


def comprehensions(n):
    out = 0
    for i in range(n):
        a = [x * 2 for x in range(i % 7)]
        b = [x for x in a if x % 4 == 0]
        c = [(x, y) for x in a for y in b]
        out += len(a) + sum(b) + len(c)
    big = [x * x for x in range(n)]
    floats = [x * 0.5 for x in big]
    objects = [y for y in [Strength] * n]
    return out, big[-1], floats[-1], len(objects), big[3], floats[5]


def appends(n):
    out, other = [], []
    for i in range(n):
        out.append(i)
        out.append(i * 0.5)
        out.append(None)
        out.append(i % 2 == 0)
        big = i * 10**6
        out.append(big)
        other.append(big)
        if len(out) > 50:
            out.pop()
            out.pop(0)
            x = out.pop()
            if x is None:
                out.append("none")
        if len(other) > 3 and other[-1] is not out[-1] and type(out[-1]) is int:
            other.pop()
    return out[-5:], other[-3:], len(out), len(other)


def pop_empty(n):
    a = [1]
    t = 0
    for i in range(n):
        try:
            t += a.pop()
            if i % 3:
                a.append(i)
        except IndexError as error:
            t += 1000
            a.append(1)
    return t


for test in [
    class_attributes,
    metaclass,
    instances,
    odd_class,
    truths,
    cells,
    unbound_cell,
    comprehensions,
    appends,
    pop_empty,
]:
    print(test.__name__, test(4000))
