# jit-expect: compile >= 6
# Calls of bound methods that variables hold, of functions with `*args`, and `f(*args)`.
import sys


class Counter:
    def __init__(self, step):
        self.step = step
        self.total = 0

    def add(self, x):
        self.total += x * self.step
        return self.total & 7

    def peek(self, x, y=2):
        return self.total % (x + y)


def bound(n):
    c = Counter(3)
    add = c.add
    total = 0
    for i in range(n):
        total += add(i)
    return total, c.total, sys.getrefcount(add)


def switched(n):
    # Another object, another function, and something else that is called.
    a, b = Counter(2), Counter(5)
    f = a.add
    total = 0
    for i in range(n):
        if i == n // 3:
            f = b.add
        elif i == n // 2:
            f = b.peek
        elif i == n - 100:
            f = abs
        total += f(i)
    return total, a.total, b.total


def in_a_list(n):
    a, b = Counter(1), Counter(10)
    calls = [a.add, b.add]
    total = 0
    for i in range(n):
        for call in calls:
            total += call(i)
    return total, a.total, b.total


def as_an_attribute(n):
    class Owner:
        def __init__(self, call):
            self.call = call

    c = Counter(4)
    owner = Owner(c.add)
    total = 0
    for i in range(n):
        total += owner.call(i)
    return total, c.total, sys.getrefcount(c)


def first(*args):
    return args[0] + len(args)


def three(*args):
    a, b, c = args
    return a * b - c


def rest(x, *args):
    if len(args) == 2:
        return x + args[1]
    return x


def kept(*args):
    return args


def passes_on(f, *args):
    return f(*args)


def variable(n):
    total = 0
    for i in range(n):
        total += first(i, 1) + three(i, 2, 3) + rest(i) + rest(1, 2, i)
        total += len(kept(i, i))
    return total


def add(a, b):
    return a + b


def mul(a, b, c=3):
    return a * b - c


def forwarded(n):
    total = 0
    for i in range(n):
        total += passes_on(add, i, 2) + passes_on(mul, i, 2)
    return total


def real_tuples(n):
    pairs = [(1, 2), (3, 4), (5, 6)]
    total = 0
    for i in range(n):
        pair = pairs[i % 3]
        total += add(*pair)
    return total


def lengths_change(n):
    total = errors = 0
    args = (1, 2)
    for i in range(n):
        if i == n // 2:
            args = (1, 2, 3)
        try:
            total += mul(*args)
        except TypeError:
            errors += 1
    args = (1,)
    try:
        total += mul(*args)
    except TypeError as error:
        print(error)
    return total, errors


def wrong(n):
    # The error of a call that does not fit, in the middle.
    def takes(a, *, b):
        return a + b

    total = 0
    for i in range(n):
        args = (i,) if i != n - 5 else (i, 2)
        try:
            total += takes(*args, b=1)
        except TypeError as error:
            print(error)
    return total


def decorated(n):
    def twice(f):
        def wrapper(*args):
            return f(*args) * 2

        return wrapper

    @twice
    def half(x):
        return x // 2

    @twice
    def both(x, y):
        return x - y

    total = 0
    for i in range(n):
        total += half(i) + both(i, 3)
    return total


print(bound(3000))
print(switched(6000))
print(in_a_list(3000))
print(as_an_attribute(3000))
print(variable(3000))
print(forwarded(3000))
print(real_tuples(3000))
print(lengths_change(4000))
print(wrong(3000))
print(decorated(3000))
