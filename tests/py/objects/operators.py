# Classes with operators, used in hot loops together with plain numbers.


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __eq__(self, other):
        return isinstance(other, Vector) and self.x == other.x and self.y == other.y

    def __abs__(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

    def __getitem__(self, k):
        return (self.x, self.y)[k]

    def __repr__(self):
        return f"<{self.x!r} {self.y!r}>"


def vectors(n):
    v = Vector(0, 0.0)
    step = Vector(1, 0.5)
    s = 0.0
    for i in range(n):
        v = v + step * 2
        v = -v if i % 100 == 0 else v
        s += abs(v) + v[0] + (v == step)
        if i % 3 == 0:
            v = 0.5 * v
    return v, repr(s)


class Everything:
    def __init__(self, log):
        self.log = log

    def __getattr__(self, name):
        raise AttributeError(name)


for name in "add sub mul truediv floordiv mod pow and or xor lshift rshift".split():
    def forward(self, other, name=name):
        self.log[name] = self.log.get(name, 0) + 1
        return other

    setattr(Everything, f"__{name}__", forward)
    setattr(Everything, f"__r{name}__", forward)


def all_operators(n):
    log = {}
    e = Everything(log)
    s = 0
    for i in range(1, n):
        x = e if i % 2 else i
        r = (x + 1, 1 - x, x * 2, 2 / x, x // 1, 7 % x, x**1, x & 1, 1 | x, x ^ 1, x << 1, 1 >> (x if i % 2 else 0))
        s += len(r)
    return s, sorted(log.items())


class Meter:
    def __init__(self):
        self._v = 0
        self.gets = 0

    @property
    def v(self):
        self.gets += 1
        return self._v

    @v.setter
    def v(self, value):
        self._v = value * 2

    def method(self, k):
        self._v += k
        return self

    @staticmethod
    def double(x):
        return 2 * x

    @classmethod
    def name(cls):
        return cls.__name__

    def __call__(self, x):
        return x + 1

    def __contains__(self, x):
        return x % 3 == 0

    def __len__(self):
        return self._v % 7


def attributes(n):
    m = Meter()
    c = 0
    for i in range(n):
        m.v = m.v % 1000 + 1
        m.method(i).method(-i)
        c += m.double(i) + len(m.name()) + m(i) + (i in m) + len(m)
        m.extra = i
        c += m.extra
    return c, m.v, m.gets


def class_changes(n):
    class A:
        def f(self):
            return 1

    class B:
        def f(self):
            return 2

    a = A()
    s = 0
    for i in range(n):
        s += a.f()
        if i == 1000:
            A.f = lambda self: 10
        if i == 2000:
            a.__class__ = B
        if i == 2500:
            a.f = lambda: 100
    return s


def reflected(n):
    class R(int):
        def __radd__(self, other):
            return ("radd", other)

    r = R(5)
    c = 0
    for i in range(n):
        x = i + (r if i % 2 else 5)
        c += x if isinstance(x, int) else x[1]
    return c


for function in (vectors, all_operators, attributes, class_changes, reflected):
    print(function.__name__, function(3000))
