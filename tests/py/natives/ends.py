# What ends when an element of a dictionary is replaced ends then, and names that a dictionary is
# asked for are never stale.
import weakref

log = []


class Loud:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)


def replaced(n):
    d = {}
    for i in range(n):
        d["k"] = Loud(i)
        log.append(-i)
    return len(log)


def weakly(n):
    d = {}
    dead = 0
    for i in range(n):
        x = Loud(i)
        r = weakref.ref(x)
        d[0] = x
        x = None
        d[0] = None
        dead += r() is None
    return dead


def helper():
    return 1


def other():
    return 2


def globals_change(n):
    g = globals()
    total = 0
    for i in range(n):
        g["helper"] = other if i % 3 else helper_one
        total += helper()
    return total


helper_one = helper


class Thing:
    def __init__(self):
        self.a = 1


def attributes_change(n):
    t = Thing()
    d = t.__dict__
    total = 0
    for i in range(n):
        total += t.a
        d["a"] = i
        total += t.a
        d["b"] = i
        total += t.b
    return total


def lent(n):
    # A value is borrowed from what the store lets go.
    d = {"k": [[1, 2]]}
    total = 0
    for i in range(n):
        inner = d["k"][0]
        d["k"] = [[i, i + 1]]
        total += inner[0] + inner[1]
        inner = None
    return total


def owner(n):
    d = {}
    for i in range(n):
        lst = [[i]]
        x = lst[0]
        d[i % 3] = lst
        lst = None
        d[i % 3] = None
        d[5] = x
    return d


print(replaced(1500), log[:6], log[-6:])
log.clear()
print(weakly(1500), len(log))
print(globals_change(3000))
print(attributes_change(2000))
print(lent(2000))
print(owner(2000))
