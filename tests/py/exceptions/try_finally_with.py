# try/except/else/finally and with inside hot loops.
# jit-expect: compile >= 1


def all_parts(n):
    log = [0] * 5
    for i in range(n):
        try:
            if i % 7 == 0:
                raise ValueError(i)
            if i % 11 == 0:
                raise KeyError(i)
            if i % 13 == 0:
                continue
            log[0] += 1
        except ValueError:
            log[1] += 1
        except (KeyError, IndexError) as e:
            log[2] += e.args[0]
        else:
            log[3] += 1
        finally:
            log[4] += 1
    return log


def finally_break(n):
    i = c = 0
    while True:
        try:
            i += 1
            if i > n:
                break
        finally:
            c += 1
    return i, c


def finally_return(n):
    log = []
    for i in range(n):
        try:
            if i == n - 1:
                return i, log
        finally:
            if i > n - 3:
                log.append(i)


def nested_tries(n):
    c = [0, 0, 0]
    for i in range(n):
        try:
            try:
                1 // (i % 5)
            except ZeroDivisionError:
                c[0] += 1
                try:
                    [][i]
                except IndexError:
                    c[1] += 1
                    if i % 10 == 0:
                        raise
        except IndexError:
            c[2] += 1
    return c


class Manager:
    def __init__(self):
        self.entered = self.left = 0
        self.kinds = {}

    def __enter__(self):
        self.entered += 1
        return self.entered

    def __exit__(self, kind, value, trace):
        self.left += 1
        name = kind and kind.__name__
        self.kinds[name] = self.kinds.get(name, 0) + 1
        return kind is ValueError


def with_statement(n):
    m = Manager()
    s = 0
    for i in range(n):
        with m as k:
            s += k
            if i % 4 == 0:
                raise ValueError
            if i % 4 == 1:
                continue
        s += 1
    try:
        for i in range(n):
            with m, m as k:
                s += k
                if i == n - 1:
                    raise KeyError
    except KeyError:
        pass
    return s, m.entered, m.left, sorted(m.kinds.items(), key=str)


def raise_reuse(n):
    error = ValueError("same")
    c = 0
    for i in range(n):
        try:
            raise error
        except ValueError as e:
            c += e is error
            e.__traceback__ = None
    return c


def loop_in_except(n):
    s = 0
    try:
        1 // 0
    except ZeroDivisionError:
        for i in range(n):
            s += i
        try:
            raise
        except ZeroDivisionError as e:
            return s, str(e)


def loop_in_finally(n):
    s = 0
    try:
        try:
            raise KeyError(1)
        finally:
            for i in range(n):
                s += i
    except KeyError:
        return s


def context_of_errors(n):
    import sys

    c = 0
    try:
        raise ValueError("outer")
    except ValueError:
        for i in range(n):
            try:
                1 // (i % 3)
            except ZeroDivisionError as e:
                c += isinstance(e.__context__, ValueError)
            c += sys.exception() is not None
    return c


for function in (
    all_parts, finally_break, finally_return, nested_tries, with_statement, raise_reuse,
    loop_in_except, loop_in_finally, context_of_errors,
):
    print(function.__name__, function(3000))
