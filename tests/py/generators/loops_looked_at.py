# jit-expect: compile >= 8
# Who looks at a generator that a compiled loop drives finds it as far as it should be; errors come
# with the right traceback.
import sys
import traceback


def counter(n):
    i = 0
    while i < n:
        step = i % 3
        yield i
        i += 1


def divided(n):
    for i in range(n, -5, -1):
        yield 1000 // i


def strict(numbers):
    for x in numbers:
        yield x + 1


def state(g):
    frame = g.gi_frame
    if frame is None:
        return None
    return frame.f_lineno - frame.f_code.co_firstlineno, dict(frame.f_locals), g.gi_running


def looked_at(n):
    g = counter(n)
    seen = []
    for x in g:
        if x % 997 == 5:
            seen.append(state(g))
    return seen, state(g)


def poked(n):
    # The generator's local is changed from outside.
    g = counter(n)
    total = 0
    for x in g:
        total += x
        if x % 1500 == 1499:
            g.gi_frame.f_locals["i"] = x + 100
    return total


def raised_inside(n):
    total = 0
    try:
        for x in divided(n):
            total += x
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)
    return total


def wrong_type(n):
    numbers = list(range(n)) + ["end"]
    total = 0
    try:
        for x in strict(numbers):
            total += x
    except TypeError:
        traceback.print_exc(file=sys.stdout)
    return total


def raised_outside(n):
    g = counter(n)
    try:
        for x in g:
            x // (x - (n - 3))
    except ZeroDivisionError:
        traceback.print_exc(file=sys.stdout)
    return state(g), list(g)


def closed(n):
    g = counter(n)
    total = 0
    for x in g:
        total += x
        if x == n - 10:
            g.close()
    return total, state(g)


def thrown(n):
    g = counter(n)
    total = 0
    for x in g:
        total += x
        if x == n - 10:
            try:
                g.throw(KeyError("thrown"))
            except KeyError:
                traceback.print_exc(file=sys.stdout)
    return total, state(g)


def finally_runs(n, log):
    def guarded():
        try:
            i = 0
            while i < n:
                yield i
                i += 1
        finally:
            log.append(i)

    total = 0
    for x in guarded():
        total += x
        if x == n - 100:
            break
    return total, log


def within(n):
    # The caller's frame, from inside.
    def asks():
        for i in range(n):
            if i % 2000 == 1999:
                frame = sys._getframe(1)
                yield frame.f_code.co_name, frame.f_locals["count"]
            yield i

    count = 0
    seen = []
    for x in asks():
        count += 1
        if type(x) is tuple:
            seen.append(x)
    return seen


def deep(n):
    # The recursion limit holds for generators, too.
    def down(k):
        if k:
            for x in counter(1200):
                pass
            return down(k - 1) + 1
        return 0

    limit = sys.getrecursionlimit()
    try:
        return down(n)
    except RecursionError as error:
        return str(error)
    finally:
        sys.setrecursionlimit(limit)


class Item:
    alive = 0

    def __init__(self):
        Item.alive += 1

    def __del__(self):
        Item.alive -= 1


def items(n):
    for _ in range(n):
        item = Item()
        yield item


def lifetimes(n):
    most = 0
    for item in items(n):
        most = max(most, Item.alive)
    del item
    return most, Item.alive


def elements_die(n):
    def each(things):
        for thing in things:
            yield thing

    things = [Item() for _ in range(n)]
    seen = []
    for i, thing in enumerate(each(things)):
        things[i] = None
        if i % 500 == 0:
            seen.append(Item.alive)
    del thing
    return seen, Item.alive


def counted_references(n):
    def each(things):
        for thing in things:
            yield thing

    things = [object() for _ in range(n)]
    g = each(things)
    seen = set()
    for i, thing in enumerate(g):
        if i % 400 == 399:
            seen.add(sys.getrefcount(thing) - 2)
    return sorted(seen)


def watched(n):
    events = []

    def tracer(frame, event, arg):
        events.append((frame.f_code.co_name, event))
        return None

    total = 0
    for x in counter(n):
        total += x
        if x == n - 5:
            sys.settrace(tracer)
    sys.settrace(None)
    return total, events


N = 5000
print(looked_at(N))
print(poked(N))
print(raised_inside(N), wrong_type(N))
print(raised_outside(N))
print(closed(N), thrown(N))
print(finally_runs(N, []))
print(within(N))
print(deep(40), deep(20000))
print(lifetimes(N), elements_die(N), counted_references(N))
print(watched(N))
