# jit-expect: compile >= 5
# What an attribute means changes while loops that use it are compiled: the class, its bases, the
# instance's dictionary, the instance's class.


class Base:
    base = 1

    def hello(self):
        return 1


class P(Base):
    def __init__(self):
        self.x = 1
        self.y = 2

    def get(self):
        return self.x


def method_replaced(n):
    p = P()
    t = 0
    for i in range(n):
        t += p.get()
        if i == n // 2:
            P.get = lambda self: self.y
        if i == n - 500:
            p.get = lambda: 100
        if i == n - 100:
            del p.get
    del P.get
    P.get = lambda self: self.x
    return t


def base_changes(n):
    p = P()
    t = 0
    for i in range(n):
        t += p.base + p.hello()
        if i == n // 2:
            Base.base = 10
        if i == n - 300:
            Base.hello = lambda self: 1000
        if i == n - 100:
            p.base = 7
    Base.base = 1
    return t


def data_descriptor(n):
    p = P()
    t = 0
    for i in range(n):
        t += p.x
        p.x = 1
        if i == n // 2:
            P.x = property(lambda self: 50, lambda self, v: None)
        if i == n - 200:
            del P.x
    return t, p.x


def getattribute(n):
    class Q:
        def __init__(self):
            self.v = 3

    q = Q()
    t = 0
    for i in range(n):
        t += q.v
        if i == n // 2:
            Q.__getattribute__ = lambda self, name: 20
        if i == n - 100:
            del Q.__getattribute__
    return t


def setattr_changes(n):
    log = []

    class Q:
        def __init__(self):
            self.v = 3

    q = Q()
    for i in range(n):
        q.v = i
        if i == n // 2:
            Q.__setattr__ = lambda self, name, value: log.append(value)
        if i == n // 2 + 100:
            del Q.__setattr__
    return q.v, len(log), log[0], log[-1]


def class_of_instance(n):
    class A:
        k = 1

        def f(self):
            return self.x

    class B:
        k = 2

        def f(self):
            return -self.x

    a = A()
    a.x = 5
    t = 0
    for i in range(n):
        t += a.f() + a.k
        if i == n // 2:
            a.__class__ = B
        if i == n - 50:
            a.__class__ = A
    return t


def dictionary(n):
    p = P()
    t = 0
    for i in range(n):
        t += p.x
        if i == n // 3:
            p.__dict__ = {"y": 1, "x": 30}
        if i == n // 2:
            p.__dict__["x"] = 40
        if i == n // 2 + 100:
            del p.x
            p.z = 1
            p.x = 2
        if i == n - 100:
            class D(dict):
                pass

            p.__dict__ = D(x=8)
    return t


def shared_dictionary(n):
    p, q = P(), P()
    q.__dict__ = p.__dict__
    t = 0
    for i in range(n):
        p.x += 1
        t += q.x
        q.x += 1
    return t, p.x


def deleted(n):
    p = P()
    t = 0
    try:
        for i in range(n):
            t += p.x
            p.x = i
            if i == n - 10:
                del p.x
    except AttributeError as error:
        return t, str(error)


def slot_unset(n):
    class S:
        __slots__ = ("v",)

    s = S()
    s.v = 0
    t = 0
    for i in range(n):
        try:
            t += s.v
            s.v = i
            if i % 1000 == 999:
                del s.v
        except AttributeError:
            t += 1000000
            s.v = 1
    return t


def many_shapes(n):
    shapes = []
    for k in range(6):
        p = P()
        p.__dict__.clear()
        for name in ["x", "y", "a", "b"][k % 4:] + ["x", "y"]:
            setattr(p, name, k)
        shapes.append(p)
    t = 0
    for i in range(n):
        p = shapes[i % 6]
        t += p.x * 2 + p.y
        p.x = (p.x + 1) % 7
    return t


x = 1


def global_dictionary(n):
    global x

    class G:
        pass

    g = G()
    g.__dict__ = globals()
    t = 0
    for i in range(n):
        x = x + 1
        t += g.x
        g.x = g.x + 1
        t += x
    return t, x


for test in [
    method_replaced,
    base_changes,
    data_descriptor,
    getattribute,
    setattr_changes,
    class_of_instance,
    dictionary,
    shared_dictionary,
    deleted,
    slot_unset,
    many_shapes,
    global_dictionary,
]:
    print(test.__name__, test(4000))
