# assert, raise from None, exception groups and custom exceptions in hot loops.


class Custom(Exception):
    def __init__(self, k):
        super().__init__(f"custom {k}")
        self.k = k


def asserts(n):
    c = 0
    for i in range(n):
        try:
            assert i % 5, f"at {i}"
            c += 1
        except AssertionError as e:
            last = str(e)
    return c, last


def customs(n):
    s = 0
    for i in range(n):
        try:
            if i % 4 == 0:
                raise Custom(i)
            if i % 4 == 1:
                raise Custom(i) from None
            if i % 4 == 2:
                raise Custom
        except Custom as e:
            s += e.k
        except TypeError:
            s -= 1
    return s


def groups(n):
    a = b = 0
    for i in range(n):
        try:
            raise ExceptionGroup("g", [ValueError(i), KeyError(i)])
        except* ValueError as e:
            a += e.exceptions[0].args[0]
        except* KeyError as e:
            b += len(e.exceptions)
    return a, b


def notes(n):
    e = ValueError("x")
    for i in range(n):
        if i % 1000 == 0:
            e.add_note(str(i))
    return e.__notes__


def traceback_length(n):
    lengths = set()
    for i in range(n):
        try:
            try:
                1 // 0
            except ZeroDivisionError:
                raise
        except ZeroDivisionError as e:
            k = 0
            t = e.__traceback__
            while t:
                k += 1
                t = t.tb_next
            lengths.add((k, e.__traceback__.tb_lineno, e.__traceback__.tb_frame.f_locals["i"] == i))
    return lengths


for function in (asserts, customs, groups, notes, traceback_length):
    print(function.__name__, function(1500))
