# zip, enumerate, map, filter, reversed, itertools, and iterators with side effects.
import itertools


def zips(n):
    s = 0
    for a, b in zip(range(n), range(n, 0, -1)):
        s += a * b % 7
    for a, b in zip([1, 2] * n, itertools.count()):
        s += a * b
    return s


def enumerates(n):
    s = 0
    for i, x in enumerate(range(n), 5):
        s += i * x
    return s


def maps(n):
    s = 0
    for x in map(lambda v: v * 2, filter(lambda v: v % 3, range(n))):
        s += x
    return s


def reverses(n):
    s = 0
    for i, x in zip(range(n), reversed(range(n))):
        s = (s * 3 + i * x) % 1000003
    return s


class Countdown:
    def __init__(self, n, log):
        self.n = n
        self.log = log

    def __iter__(self):
        self.log.append("iter")
        return self

    def __next__(self):
        self.n -= 1
        if self.n % 1000 == 0:
            self.log.append(self.n)
        if self.n < 0:
            self.log.append("stop")
            raise StopIteration
        return self.n


def own_iterator(n):
    log = []
    s = 0
    for x in Countdown(n, log):
        s += x
    return s, log


def raising_iterator(n):
    class Bad:
        k = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.k += 1
            if self.k == n:
                raise KeyError("bad")
            return self.k

    s = 0
    try:
        for x in Bad():
            s += x
    except KeyError as e:
        return s, repr(e)


def nexts(n):
    it = iter(range(n))
    s = 0
    try:
        while True:
            s += next(it)
    except StopIteration as e:
        return s, e.value


def iter_sentinel(n):
    state = [0]

    def step():
        state[0] += 1
        return state[0]

    s = 0
    for x in iter(step, n):
        s += x
    return s


def chains(n):
    s = 0
    for x in itertools.chain(range(n), (1.5, 2.5), [True] * 100, "ab"):
        if isinstance(x, str):
            s += 1
        else:
            s += x
    return s


def kinds_of_iterators(n):
    total = 0
    for source in ([1] * n, (2,) * n, range(n), "c" * n, {i: 0 for i in range(n)}, set(range(n)), b"x" * n):
        c = 0
        for x in source:
            c += 1
        total = total * 3 + c
    return total


def one_loop_many_iterators(n):
    def total(xs):
        s = 0
        for x in xs:
            s += x
        return s

    return [
        total(range(n)), total([1, 2] * (n // 2)), total((1.5,) * n), total(iter(range(n))),
        total({5: 1, 6: 2}), total(x for x in range(n)), total(map(abs, range(-n, 0))), total([]),
    ]


for function in (
    zips, enumerates, maps, reverses, own_iterator, raising_iterator, nexts, iter_sentinel, chains,
    kinds_of_iterators, one_loop_many_iterators,
):
    print(function.__name__, function(3000))
