# jit-expect: compile >= 2
# What an iterator alone holds ends at its end, with all that this runs.
import sys
import weakref


class A:
    def __init__(self, log=None):
        self.log = log

    def __del__(self):
        if self.log is not None:
            self.log.append(sys._getframe(1).f_code.co_name)


def tuples(n):
    log = []
    for i in range(n):
        for a in (A(log), 1) if i == n - 1000 or i % 500 == 0 else (2, 3):
            pass
    return len(log), set(log)


def enumerated(objects, log):
    n = 0
    while objects:
        for k, a in enumerate([objects.pop(), 1]):
            n += 1
        a = None
        log.append("after")
    return n


def inlined(values):
    t = 0
    for v in [values.pop(), 1]:
        t += 1
    return t


def in_callee(n):
    log = []
    objects = [A(log) for _ in range(n)]
    t = 0
    while objects:
        t += inlined(objects)
        log.append("after")
    return t, len(log), log[:4], log[-4:]


def main():
    print(tuples(3000))
    log = []
    objects = [A() for _ in range(3000)]
    refs = [weakref.ref(a, lambda r: log.append("died")) for a in objects]
    print(enumerated(objects, log), len(log), log[:4], log[-4:])
    print(in_callee(3000))


main()


class D:
    def __init__(self, v, log):
        self.v = v
        self.log = log

    def __hash__(self):
        return 5

    def __del__(self):
        self.log.append(self.v)


def sets(n):
    log = []
    for i in range(n):
        for x in {D(i, log), 3}:
            pass
        x = None
        for k, x in enumerate({1: D(-i, log), 2: 3}.items()):
            pass
        x = None
        for x in {D(i, log): 2}.values():
            pass
        log.append("after")
    return len(log), log[:8], log[-8:]


def generator():
    yield 7
    yield 8


def pairs_of_generators(n):
    made = [[generator()] for _ in range(n)]
    t = 0
    for g in made:
        t += len(dict(g))
    return t


def strict(n):
    it = iter(list(range(n)))
    s = 0
    for a, b in zip(it, it, strict=True):
        s += a * b
    return s


class Reversing(list):
    sort = list.reverse


def sorts(n):
    x = Reversing([3, 1, 2])
    method = super(Reversing, x).sort
    for i in range(n):
        method()
    return list(x)


print(sets(1500))
print(pairs_of_generators(3000))
for n in (3000, 3001, 3001):
    try:
        print(n, strict(n))
    except ValueError as e:
        print(n, e)
print(sorts(3001))
