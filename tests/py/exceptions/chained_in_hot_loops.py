# Exceptions raised in handlers of a hot loop, bare `raise`, `raise ... from`, exceptions that
# unwind through callees into the handler of an outer frame, generators that are closed or thrown
# into: contexts, causes, traceback lines and `sys.exc_info()` are those of the interpreter.
# jit-expect: compile >= 4
import sys
import traceback

N = 3000


def chain(e):
    """The exception, its causes and contexts, each with the lines of its traceback."""
    out = []
    while e is not None and len(out) < 5:
        lines = [(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)]
        out.append((type(e).__name__, e.args, lines, e.__suppress_context__))
        e = e.__cause__ or e.__context__
    return out


def raised_in_handler():
    s = 0
    last = None
    for i in range(N):
        try:
            try:
                if i % 10 == 0:
                    raise ValueError(i)
                s += i
            except ValueError:
                raise KeyError(i + 1)
        except KeyError as e:
            last = e
    return s, chain(last)


def bare():
    s = 0
    last = None
    for i in range(N):
        try:
            try:
                if i % 10 == 0:
                    raise ValueError(i)
                s += i
            except ValueError:
                raise
        except ValueError as e:
            last = e
    return s, chain(last)


def with_cause():
    s = 0
    last = None
    for i in range(N):
        try:
            try:
                if i % 10 == 0:
                    raise ValueError(i)
                s += i
            except ValueError as e:
                raise TypeError("no") from e
        except TypeError as e:
            last = e
    return s, chain(last)


def check(x):
    if x % 10 == 0:
        raise ValueError(x)
    return x + 1


def check_twice(x):
    return check(x) + check(x + 1)


def through_callees():
    s = c = 0
    last = None
    for i in range(N):
        try:
            s += check_twice(i)
        except ValueError as e:
            c += 1
            last = e
    return s, c, chain(last)


def while_handling():
    s = 0
    try:
        raise OSError("outer")
    except OSError:
        for i in range(N):
            try:
                if i % 10 == 0:
                    raise ValueError(i)
                s += i
            except ValueError as e:
                last = e
        here = sys.exc_info()[1]
        return s, here.args, chain(last)


class Noisy:
    count = 0

    def __del__(self):
        Noisy.count += 1


def released_when_handled():
    seen = []
    for i in range(N):
        try:
            if i % 10 == 0:
                raise ValueError(Noisy())
        except ValueError:
            before = Noisy.count
        else:
            continue
        if len(seen) < 4 or i > N - 40:
            seen.append(Noisy.count - before)
    return seen, Noisy.count


def numbers():
    done = 0
    try:
        while True:
            try:
                yield done
            except ValueError as e:
                done += e.args[0]
    finally:
        closed.append(done)


closed = []


def closed_generators():
    s = 0
    for i in range(N // 10):
        g = numbers()
        next(g)
        for k in range(3):
            s += g.throw(ValueError(k))
        g.close()
        try:
            next(g)
        except StopIteration:
            s += 1
    return s, len(closed), sum(closed)


def ended_by_finally():
    s = 0
    for i in range(N):
        try:
            try:
                if i % 10 == 0:
                    raise ValueError(i)
                s += i
            finally:
                if i % 20 == 0:
                    continue
                s += 1
        except ValueError:
            s += 2
    return s


for f in (raised_in_handler, bare, with_cause, through_callees, while_handling,
          released_when_handled, closed_generators, ended_by_finally):
    print(f.__name__, f())
