# jit-expect: compile >= 8
# Generators that drive generators: `yield from`, pipelines, recursion.
import sys
import traceback


def counter(n):
    i = 0
    while i < n:
        yield i
        i += 1


def through(values):
    yield from values


def twice_through(n):
    yield from through(counter(n))


def returns(n):
    total = 0
    for i in range(n):
        total += i
        yield i
    return total


def collects(n, m):
    totals = []
    for _ in range(m):
        totals.append((yield from returns(n)))
    yield len(totals), sum(totals)


def odd(values):
    for x in values:
        if x & 1:
            yield x


def squares(values):
    for x in values:
        yield x * x


def pipeline(n):
    return squares(odd(counter(n)))


def chained(*parts):
    for part in parts:
        yield from part


def names(words):
    for word in words:
        yield word


def long_names(words):
    for name in names(words):
        if len(name) > 1:
            yield name


class Tree:
    def __init__(self, depth, value=1):
        self.value = value
        self.left = Tree(depth - 1, value * 2) if depth else None
        self.right = Tree(depth - 1, value * 2 + 1) if depth else None

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.value
        if self.right is not None:
            yield from self.right


def loop(values):
    total = 0
    for x in values:
        total += x
    return total


def raised_below(n):
    def fails():
        for i in range(n, -3, -1):
            yield 1000 // i

    total = 0
    try:
        for x in through(fails()):
            total += x
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)
    return total


def frames(n):
    # All of them, from the innermost.
    def asks():
        for i in range(n):
            if i % 1500 == 1499:
                frame, seen = sys._getframe(), []
                while frame.f_code.co_name != "frames":
                    seen.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
                    frame = frame.f_back
                yield seen
            yield i

    seen = []
    for x in through(asks()):
        if type(x) is list:
            seen.append(x)
    return seen


def sends(n):
    def echo():
        got = None
        for i in range(n):
            got = yield (i, got)

    def outer():
        yield from echo()

    g = outer()
    taken = []
    for x in g:
        if x[0] % 1000 == 998:
            taken.append(g.send("sent"))
            taken.append(next(g, None))
    return taken


def inner_is_used(n):
    # Somebody else takes from the innermost.
    inner = counter(n)
    total = 0
    for x in squares(odd(inner)):
        total += x
        if x % 997 == 4:
            total += next(inner, 0)
    return total, next(inner, "end")


def shared(n):
    inner = counter(n)
    a, b = odd(inner), odd(inner)
    total = 0
    for x, y in zip(a, b):
        total += x * 3 - y
    for x in a:
        total += x
    return total


N = 6000
print(loop(through(counter(N))), loop(twice_through(N)))
print(loop(pipeline(N)), loop(x + 1 for x in pipeline(N)), sum(pipeline(N)))
for last in collects(2000, 4):
    pass
print(last, loop(chained(counter(N), odd(counter(N)), range(5), (x / 2 for x in counter(N)))))
print(sum(map(len, long_names(["a", "bc", "d", "efg"] * N))))
longest = 0
for name in long_names(["a", "bc", "d", "efg"] * N):
    longest = max(longest, len(name))
print(longest)
tree = Tree(10)
print(loop(tree), sum(tree), [x for x in tree if x % 100 == 3])
print(raised_below(N))
print(frames(N))
print(sends(N))
print(inner_is_used(N), shared(N))
