# Subclasses of int and float: arithmetic gives the base type, methods differ.
# jit-expect: compile >= 1


class Odd(int):
    def __add__(self, other):
        return Odd(int(self) + int(other) + 1)


class Loud(float):
    def __mul__(self, other):
        return Loud(float(self) * float(other) + 1.0)


class Plain(int):
    pass


class PlainFloat(float):
    pass


def odd(n):
    x = Odd(0)
    for i in range(n):
        x = x + 1
    return x, type(x).__name__


def loud(n):
    x = Loud(0.5)
    for i in range(n):
        x = x * 0.5
    return x, type(x).__name__


def plain(n):
    x = Plain(5)
    y = PlainFloat(0.5)
    s = 0
    t = 0.0
    for i in range(n):
        s = s + x
        t = t + y
        if x == 5 and y < 1.0 and -x == -5:
            s += 1
    return s, type(s).__name__, t, type(t).__name__, type(x).__name__


def switches(n):
    x = 0
    names = set()
    for i in range(n):
        x = x + 1
        names.add(type(x).__name__)
        if i == n // 2:
            x = Odd(x)
    return int(x), sorted(names)


def as_index(n):
    xs = [1, 2, 3]
    k = Plain(1)
    s = 0
    for i in range(n):
        s += xs[k]
        xs[Plain(2)] = i
    return s, xs


def in_range(n):
    s = 0
    for i in range(Plain(0), Plain(n), Plain(3)):
        s += i
    return s, type(i).__name__


for function in (odd, loud, plain, switches, as_index, in_range):
    print(function.__name__, function(4000))
