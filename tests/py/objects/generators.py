# Generators with hot loops, yield inside them, closing, throwing and sending.
# jit-expect: compile >= 1


def squares(n):
    for i in range(n):
        yield i * i


print(sum(squares(5000)))


def hot_inside(n):
    s = 0
    for i in range(n):
        s += i
    yield s
    for i in range(n):
        s -= i * 2
    yield s


print(list(hot_inside(3000)))


def alternate(n):
    x = 0.5
    i = 0
    while i < n:
        x = x * 0.5 + i
        got = yield x
        if got is not None:
            i += got
        i += 1


g = alternate(3000)
total = 0.0
for k, x in enumerate(g):
    total += x
    if k % 100 == 0:
        try:
            total += g.send(3)
        except StopIteration:
            break
print(repr(total), k)


def closed(n, log):
    i = 0
    try:
        while True:
            i += 1
            yield i
    except GeneratorExit:
        log.append(("closed", i))
        raise
    finally:
        log.append(("finally", i))


log = []
g = closed(5000, log)
for x in g:
    if x == 2500:
        g.close()
        break
print(log, next(g, "end"))


def thrown(n):
    c = 0
    for i in range(n):
        try:
            yield i
        except ValueError:
            c += 1
    yield ("count", c)


g = thrown(3000)
out = next(g)
steps = 0
while not isinstance(out, tuple):
    out = g.throw(ValueError) if steps % 5 == 0 else next(g)
    steps += 1
print(out, steps)


def delegating(n):
    r = yield from returning(n)
    yield r


def returning(n):
    s = 0
    for i in range(n):
        s += i
        if i % 1000 == 0:
            yield i
    return s


print(list(delegating(4000)))


def pipeline(n):
    evens = (i for i in range(n) if i % 2 == 0)
    scaled = (x * 0.5 for x in evens)
    return sum(scaled)


print(pipeline(5000))


def interleaved(n):
    a, b = squares(n), squares(n)
    s = 0
    for x in a:
        s += x - next(b)
        if x > n * n // 2:
            next(b, None)
            break
    return s, next(a), next(b)


print(interleaved(3000))


def failing(n):
    for i in range(n):
        yield 10 // (n - 1 - i)


import sys
import traceback

try:
    for x in failing(2500):
        pass
except ZeroDivisionError:
    traceback.print_exc(file=sys.stdout)


def stop_iteration_inside(n):
    for i in range(n):
        if i == n - 1:
            raise StopIteration
        yield i


try:
    print(sum(stop_iteration_inside(2000)))
except RuntimeError as e:
    print(repr(e), repr(e.__cause__))


def recursive(depth):
    if depth:
        for x in recursive(depth - 1):
            yield x
        for x in recursive(depth - 1):
            yield x + 1
    else:
        yield 0


print(sum(recursive(11)))
