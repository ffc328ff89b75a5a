# Calls of functions with closures, which are made again and again, and whose
# cells change.
# jit-expect: compile >= 5
import gc
import types

OFFSET = 10


def adder(step):
    def add(x):
        return x + step + OFFSET

    return add


def loop(f, n):
    total = 0
    for i in range(n):
        total += f(i)
    return total


def made_again(n):
    return [loop(adder(step), n) for step in (1, 2, 2.5, 1 << 70, 3)]


def cell_changes(n):
    bias = 0

    def biased(x):
        return x + bias

    total = 0
    for i in range(n):
        total += biased(i)
        if i % 100 == 0:
            bias += 1
        if i == n - 3:
            bias = 0.5
    return total


def counter(n):
    count = 0

    def increment():
        nonlocal count
        count += 1
        return count

    total = 0
    for i in range(n):
        total += increment()
    return total, count


def empty(n):
    def use(x):
        return x + later

    total = 0
    errors = 0
    later = 1
    for i in range(n):
        try:
            total += use(i)
        except NameError as e:
            errors += 1
            later = 2
        if i == n // 2:
            del later
    return total, errors


def other_globals(n):
    def scale(x):
        return x * OFFSET + factor

    factor = 2
    fs = [
        scale,
        types.FunctionType(scale.__code__, {"OFFSET": 3}, "scale", None, scale.__closure__),
        types.FunctionType(scale.__code__, globals(), "scale", None, adder(7).__closure__),
    ]
    return [loop(f, n) for f in fs + fs]


class Noisy:
    def __init__(self, value, log):
        self.value = value
        self.log = log

    def __del__(self):
        self.log.append(self.value)


def ends(n):
    # The closure's only cell goes with the function.
    log = []
    total = 0
    for i in range(n):
        noisy = Noisy(i, log)

        def get(noisy=None):
            return i

        def hold(x):
            return held.value + x

        held = noisy
        total += hold(1)
        del noisy, held, hold
        total += len(log)
    gc.collect()
    return total, len(log), log[:3]


def returned(n):
    def wrap(value):
        def get():
            return value

        return get

    kept = None
    total = 0
    for i in range(n):
        f = wrap([i])
        kept = f()
        f = None
        total += kept[0]
    return total, kept


def decorated(n):
    def twice(f):
        def inner(x):
            return f(f(x))

        return inner

    @twice
    def plus(x):
        return x + 1

    return loop(plus, n)


for unit in (made_again, cell_changes, counter, empty, other_globals, ends, returned, decorated):
    for n in (30, 3000):
        print(unit.__name__, n, unit(n))
