# Exceptions that are raised and caught in a hot loop, in the forms that programs use:
# the branch that raises must leave compiled code (or stay in it) with the same result,
# the same context and the same line numbers.
# jit-expect: compile >= 8
import sys

N = 3000


def raise_instance():
    s = c = 0
    for i in range(N):
        try:
            if i % 10 == 0:
                raise ValueError(i)
            s += i
        except ValueError:
            c += 1
    return s, c, sys.exc_info()


def raise_class():
    s = c = 0
    for i in range(N):
        try:
            if i % 10 == 0:
                raise ValueError
            s += i
        except ValueError:
            c += 1
    return s, c


def missing_key():
    s = c = 0
    d = {1: 2}
    for i in range(N):
        try:
            if i % 10 == 0:
                s += d[i]
            s += i
        except KeyError:
            c += 1
    return s, c


def index_too_high():
    s = c = 0
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    for i in range(N):
        try:
            s += values[i % 10]
        except IndexError:
            c += 1
    return s, c


def not_a_number():
    s = c = 0
    for i in range(N):
        try:
            if i % 10 == 0:
                int("x")
            s += i
        except ValueError:
            c += 1
    return s, c


def division():
    s = c = 0
    for i in range(N):
        try:
            s += i // (i % 10)
        except ZeroDivisionError:
            c += 1
    return s, c


def bound_name():
    s = 0
    lines = set()
    for i in range(N):
        try:
            if i % 10 == 0:
                raise ValueError(i)
            s += i
        except ValueError as e:
            s += e.args[0] * 2
            first = raise_instance.__code__.co_firstlineno
            lines.add((e.__traceback__.tb_lineno - first, e.__traceback__.tb_next, e.__context__))
    return s, lines, "e" in locals()


def else_and_finally():
    s = c = f = 0
    for i in range(N):
        try:
            if i % 10 == 0:
                raise ValueError(i)
        except ValueError:
            c += 1
        else:
            s += i
        finally:
            f += 1
    return s, c, f


def nested():
    s = inner = outer = 0
    for i in range(N):
        try:
            try:
                if i % 10 == 0:
                    raise KeyError(i)
                if i % 15 == 1:
                    raise ValueError(i)
                s += i
            except KeyError:
                inner += 1
        except ValueError:
            outer += 1
    return s, inner, outer


class Swallow:
    def __init__(self):
        self.seen = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None and len(self.seen) < 3:
            self.seen.append((kind.__name__, value.args, sys.exc_info()[1] is value))
        return kind is ValueError


def with_statement():
    s = 0
    swallow = Swallow()
    for i in range(N):
        with swallow:
            if i % 10 == 0:
                raise ValueError(i)
            s += i
    return s, swallow.seen


def no_match():
    s = 0
    try:
        for i in range(N):
            try:
                if i == N - 5:
                    raise KeyError(i)
                s += i
            except ValueError:
                s -= 1
    except KeyError as e:
        return s, e.args, e.__traceback__.tb_lineno - no_match.__code__.co_firstlineno


for f in (raise_instance, raise_class, missing_key, index_too_high, not_a_number, division,
          bound_name, else_and_finally, nested, with_statement, no_match):
    print(f.__name__, f())
