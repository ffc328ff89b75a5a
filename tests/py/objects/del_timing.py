# __del__ runs exactly when a loop drops the last reference.

log = []


class Noisy:
    def __init__(self, k):
        self.k = k

    def __del__(self):
        log.append(self.k)


def replaced(n):
    x = None
    wrong = 0
    for i in range(n):
        x = Noisy(i)
        # The old object is gone as soon as the new one is assigned.
        if i and log[-1] != i - 1:
            wrong += 1
    return wrong, len(log)


print(replaced(2000), len(log))
log.clear()


def between_statements(n):
    order = []
    for i in range(n):
        x = Noisy(("x", i))
        log.append(("before", i))
        x = None
        log.append(("after", i))
    return log[-6:], len(log)


print(between_statements(1500))
log.clear()


def through_list(n):
    xs = [None, None]
    for i in range(n):
        xs[i & 1] = Noisy(i)
    return len(log), log[-1]


print(through_list(2000), len(log), log[-2:])
log.clear()


def del_statement(n):
    for i in range(n):
        a = Noisy(i)
        b = a
        del a
        count = len(log)
        del b
        if len(log) != count + 1:
            print("late", i)
    return len(log)


print(del_statement(2000))
log.clear()


def popped(n):
    xs = [Noisy(i) for i in range(n)]
    while xs:
        xs.pop()
    return log[:3], log[-3:]


print(popped(1500))
log.clear()


def swapped(n):
    a, b = Noisy("a"), Noisy("b")
    for i in range(n):
        a, b = b, a
        if i == n - 2:
            a = 5
    return len(log), log[:]


print(swapped(2000), log)
log.clear()


def type_changes(n):
    x = 0
    for i in range(n):
        x = x + 1 if i != n // 2 else Noisy(i)
        if i == n // 2:
            x = 7
            log.append("replaced")
    return log[:], x


print(type_changes(3000))
log.clear()


def exception_drops(n):
    for i in range(n):
        try:
            x = Noisy(i)
            raise ValueError
        except ValueError:
            del x
    return len(log), log[-1]


print(exception_drops(1500))
log.clear()


class Changes:
    """A finalizer that changes what the loop looks at."""

    def __del__(self):
        state[0] += 1


state = [0]


def finalizer_changes_state(n):
    s = 0
    for i in range(n):
        x = Changes()
        s += state[0]
    return s


print(finalizer_changes_state(2000), state)


class Resurrect:
    kept = None

    def __del__(self):
        Resurrect.kept = self


def resurrects(n):
    c = 0
    for i in range(n):
        x = Resurrect()
        x = None
        c += Resurrect.kept is not None
    return c


print(resurrects(1500))
Resurrect.kept = None
