# jit-expect: compile >= 4
# Which object the total is, who else adds or takes values, and what is raised on the way.
import sys
import traceback


def none_of(n, start):
    return sum((x for x in range(n) if x < 0), start)


big = 12345678901
real = 2.5
print(none_of(5000, big) is big, none_of(5000, real) is real, none_of(5000, 0))


class Fixed:
    """Adds to objects that somebody else has."""

    def __init__(self):
        self.kept = [float(n) for n in range(8)]
        self.count = 0

    def __radd__(self, other):
        self.count += 1
        return self.kept[self.count & 7]


fixed = Fixed()


def strange(n, at):
    for i in range(n):
        if i == at:
            yield fixed
        elif i < at:
            yield i


for at in (5, 3000, 4999):
    total = sum(strange(5000, at))
    print(total, any(total is kept for kept in fixed.kept))


class Total:
    """Takes values of the generator itself while it is added to."""

    def __init__(self, generator):
        self.generator = generator
        self.values = []

    def __add__(self, other):
        self.values.append(other)
        self.values.append(next(self.generator, -1))
        return self


def numbers(n):
    for i in range(n):
        yield i * 3


generator = numbers(6000)
total = sum(generator, Total(generator))
print(len(total.values), sum(total.values), total.values[-3:])


class Late:
    def __radd__(self, other):
        # The rest of the values, as somebody else's total.
        rest = sum(current)
        return other + rest


def with_late(n, at):
    for i in range(n):
        yield i if i != at else Late()


for at in (4, 2000):
    current = with_late(4000, at)
    print(sum(current))


def raising(n, at):
    for i in range(n):
        if i % 5 == 0:
            yield 10 // (i - at)
        else:
            yield i


for at in (3000, 3001):
    try:
        print(sum(raising(4000, at)))
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)


def text(n):
    for i in range(n):
        yield i if i < n - 2 else "x"


try:
    sum(text(4000))
except TypeError:
    traceback.print_exc(file=sys.stdout)


def looking(n):
    lines = set()
    for i in range(n):
        if i % 1000 == 7:
            frame = sys._getframe(1)
            lines.add((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        yield i
    print(sorted(lines))


def caller(n):
    return sum(looking(n))


print(caller(5000))

# One generator, taken by different consumers.
def evens(n):
    for i in range(n):
        if not i & 1:
            yield i


print(sum(evens(5000)), len(list(evens(5000))), max(evens(5000)), sum(evens(5000)))
mixed = evens(9000)
print(next(mixed), next(mixed), sum(x for x, _ in zip(mixed, range(2000))), sum(mixed), next(mixed, None))
for _ in range(400):
    for value in evens(20):
        pass
print(value, sum(evens(5000)))


def delegating(n):
    yield from evens(n)
    yield 1


print(sum(delegating(5000)))


def sent(n):
    got = 0
    for i in range(n):
        got += (yield i) or 0
    print("got", got)


generator = sent(5000)
print(next(generator), generator.send(5), generator.send(7), sum(generator))


def handling(n):
    for i in range(n):
        try:
            yield i
        finally:
            if i % 1500 == 3:
                print("finally", i)


print(sum(handling(5000)))
