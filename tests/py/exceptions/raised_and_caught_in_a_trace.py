# jit-expect: compile >= 12
# jit-exit: 1
# An exception that is raised and caught inside compiled code is not made; nobody may see that.
import builtins
import sys
import traceback


def plain(n):
    total = caught = 0
    for i in range(n):
        try:
            if i % 10 == 0:
                raise ValueError(i)
            total += i
        except ValueError:
            caught += 1
    return total, caught


def bound(n):
    # The name of the exception is unbound behind the handler, whatever it was before.
    total = caught = 0
    e = 5
    for i in range(n):
        try:
            if i % 7 == 3:
                raise KeyError("x", i)
            total += i
        except (IndexError, KeyError) as e:
            caught += 1
        finally:
            total += 2
    try:
        return total, caught, e
    except UnboundLocalError as error:
        return total, caught, str(error)


def looked_at(n):
    seen = []
    for i in range(n):
        try:
            if i % 900 == 5:
                raise ValueError(i, "seen")
            if i % 9 == 5:
                raise IndexError
        except LookupError:
            if i % 1800 == 5:
                seen.append(repr(sys.exc_info()[1]))
        except ValueError as error:
            seen.append((error.args, error.__traceback__.tb_lineno - error.__traceback__.tb_frame.f_code.co_firstlineno, error.__context__))
    return seen, sys.exc_info()


def divide(n):
    total = caught = 0
    real = 0.0
    for i in range(n):
        try:
            total += i // (i % 5)
            total += i % (i % 7)
            real += i / (i % 11)
            real += (i + 0.5) // (i % 13)
            real += (i + 0.5) % float(i % 17)
        except ZeroDivisionError:
            caught += i
    return total, real, caught


def context(n):
    # What is raised in a handler names what was handled.
    contexts = set()
    for i in range(n):
        try:
            try:
                if i % 6 == 0:
                    raise ValueError("inner", i % 12)
            except ValueError:
                if i % 12 == 0:
                    raise TypeError("outer")
        except TypeError as error:
            contexts.add((repr(error), repr(error.__context__), error.__context__.__traceback__.tb_lineno - error.__traceback__.tb_lineno))
    return sorted(contexts)


def nested(n):
    order = 0
    for i in range(n):
        try:
            try:
                if i & 3 == 0:
                    raise KeyError(i)
                order += 1
            except IndexError:
                order += 1000000
            else:
                order += 3
        except KeyError:
            try:
                if i & 7 == 0:
                    raise RuntimeError
                order ^= i
            except RuntimeError:
                order += 5
    return order


def leaves(n):
    # The handler's addition leaves 64 bits: the interpreter makes the exception after all.
    big = (1 << 63) - 50
    caught = 0
    for i in range(n):
        try:
            if i % 10 == 0:
                raise OverflowError
        except OverflowError:
            big += 1
            caught += 1
    return big, caught


def unmatched(n):
    total = 0
    for i in range(n):
        try:
            if i % 4 == 0:
                if i == n - 4:
                    raise TypeError("at the end", i)
                raise ValueError
            total += 1
        except ValueError:
            total += 2
    return total


class Mine(ValueError):
    pass


def of_ones_own(n):
    counts = [0, 0]
    for i in range(n):
        try:
            if i % 5 == 0:
                raise Mine(i)
            if i % 5 == 1:
                raise ValueError(i)
        except Mine:
            counts[0] += 1
        except ValueError:
            counts[1] += 1
    return counts


class Unmade(Exception):
    made = 0

    def __init__(self, *args):
        Unmade.made += 1


def replaced(n, at):
    # The name stands for another class from some iteration on.
    caught = [0, 0]
    for i in range(n):
        if i == at:
            builtins.ArithmeticError = Unmade
        try:
            if i & 1:
                raise ArithmeticError(i)
        except Unmade:
            caught[1] += 1
        except Exception:
            caught[0] += 1
    return caught, Unmade.made


def until(n):
    if n == 0:
        return 0
    try:
        if n % 3 == 0:
            raise ValueError
        return until(n - 1) + 1
    except ValueError:
        return until(n - 1) + 10


def yielded(n):
    for i in range(n):
        try:
            if i % 8 == 0:
                raise IndexError(i)
            yield i
        except IndexError:
            yield -1


def traced(n):
    lines = []

    def trace(frame, event, arg):
        if event == "exception":
            lines.append((frame.f_lineno - frame.f_code.co_firstlineno, arg[0].__name__, repr(arg[1])))
        return trace

    frame = sys._getframe()
    for i in range(n):
        if i == n - 20:
            frame.f_trace = trace
            sys.settrace(trace)
        try:
            if i % 10 == 0:
                raise ValueError(i)
        except ValueError:
            pass
    sys.settrace(None)
    return lines


def held(n):
    # An exception that is kept keeps its frames, and what those hold.
    kept = None
    for i in range(n):
        try:
            if i % 10 == 0:
                raise ValueError(i)
        except ValueError as error:
            if i == n - 10:
                kept = error
    return kept.args, kept.__traceback__.tb_frame.f_locals["i"], kept.__traceback__.tb_next


print(plain(5000))
print(bound(5000))
print(looked_at(5000))
print(divide(6000))
print(context(4000))
print(nested(5000))
print(leaves(3000))
try:
    unmatched(4000)
except TypeError:
    traceback.print_exc(file=sys.stdout)
print(of_ones_own(3000))
original = ArithmeticError
print(replaced(4000, 3000))
builtins.ArithmeticError = original
print([until(n) for n in range(0, 300, 7)])
print(sum(yielded(5000)))
print(traced(4000))
print(held(4000))

caught = total = 0
for i in range(5000):
    try:
        if not i % 9:
            raise AssertionError
        total += i
    except AssertionError as error:
        caught += 1
print(caught, total, "error" in globals())

for i in range(4000):
    try:
        if i % 10 == 0:
            raise ValueError(i)
    except ValueError:
        if i == 3990:
            raise
