# jit-expect: compile >= 5
# Frames of inlined calls that are looked at once an exit has made them: tracebacks, `sys._getframe`,
# `locals()`, `f_back`, lines.
import sys
import traceback


class Box:
    def __init__(self):
        self.items = [0] * 8
        self.count = 0


def where(depth):
    frame = sys._getframe(1)
    out = []
    while frame is not None and depth:
        names = sorted(frame.f_locals) if frame.f_code.co_name != "<module>" else []
        out.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, names))
        frame = frame.f_back
        depth -= 1
    return out


def inner(box, i):
    box.items[i & 7] = i
    box.count += 1
    if i % 700 == 699:
        print(i, where(3))
        print(sorted(locals().items(), key=lambda item: item[0] != "i")[:1])
    return box.items[(i + 1) & 7]


def outer(box, i):
    extra = i * 2
    box.count += 1
    got = inner(box, i)
    box.items[0] = extra
    if i % 900 == 899:
        print(i, where(2))
    return got + extra


def looked(n):
    box = Box()
    total = 0
    for i in range(n):
        total += outer(box, i)
    return total, box.items, box.count


def fails(box, i):
    box.items[i & 7] = i
    box.count += 1
    return 1000 // (i - 2345)


def calls_it(box, i):
    box.count += 1
    return fails(box, i) + box.count


def raised(n):
    box = Box()
    total = 0
    try:
        for i in range(n):
            total += calls_it(box, i)
    except ZeroDivisionError as error:
        text = traceback.format_exc().split("\n")
        print([line.strip() for line in text if not line.strip().startswith("File")])
        tb = error.__traceback__
        while tb:
            code = tb.tb_frame.f_code
            print(code.co_name, tb.tb_lineno - code.co_firstlineno, tb.tb_lasti)
            tb = tb.tb_next
    return total, box.items, box.count


def caught(n):
    # An exception that unwinds through inlined frames into a handler of an outer one.
    box = Box()
    total = errors = 0
    for i in range(n):
        try:
            total += calls_it(box, 2345 if i % 50 == 49 else i % 100)
        except ZeroDivisionError:
            errors += 1
        finally:
            total += 1
    return total, errors, box.items, box.count


def with_default(box, i, step=3, *, scale=2):
    box.items[i & 7] += step
    box.count += scale
    if box.items[i & 7] > 500:
        box.items[i & 7] = i % 3
        return where(1)[0][1]
    return box.items[i & 7]


def defaults(n):
    box = Box()
    total = 0
    for i in range(n):
        total += with_default(box, i)
        total += with_default(box, i, step=5)
    return total, box.items, box.count


class Lazy:
    def __init__(self):
        self.hits = 0
        self.log = [0] * 4

    @property
    def value(self):
        self.log[self.hits & 3] = self.hits
        self.hits += 1
        if self.hits % 333 == 0:
            print(where(2))
        return self.log[0]

    def __getitem__(self, key):
        self.log[key & 3] += 1
        self.hits += 1
        if self.log[key & 3] > 200:
            self.log[key & 3] = 0
            print(where(2))
        return self.hits

    def __setitem__(self, key, value):
        self.log[key & 3] += value
        self.hits += 1
        if self.log[key & 3] > 1000:
            self.log[key & 3] = 0
            print(where(2))

    def __add__(self, other):
        self.log[0] += other
        self.hits += 1
        if self.log[0] > 3000:
            self.log[0] = 0
            print(where(2))
        return self.hits


def nested(n):
    lazy = Lazy()
    total = 0
    for i in range(n):
        total += lazy.value
        total += lazy[i]
        lazy[i] = i & 15
        total += lazy + (i & 7)
    return total, lazy.hits, lazy.log


print(looked(3000))
print(raised(4000))
print(caught(3000))
print(defaults(2000))
print(nested(2000))
