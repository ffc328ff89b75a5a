# jit-expect: compile >= 6
# Two references to one object that go with one instruction; keys that end; the object ends then.
import sys
import weakref


class A:
    def __del__(self):
        log.append(sys._getframe(1).f_lineno)


class K(int):
    def __del__(self):
        log.append(1)


class S(str):
    pass


log = []


def same(o):
    d = {}
    t = 0
    while o:
        d[1] = o[-1]
        d[2] = o.pop()
        if d.pop(1) is d.pop(2):
            t += 1


def cleared(o):
    a = []
    t = 0
    while o:
        a.append(o[-1])
        a.append(o.pop())
        a.clear()
        t += 1


def removed(o):
    a = []
    d = {}
    t = 0
    while o:
        a.append(o[-1])
        d[1] = o.pop()
        a.remove(d.pop(1))
        t += 1


def subscript(o):
    d = {}
    t = 0
    while o:
        d[1] = o[-1]
        d[2] = {o.pop(): 3}
        t += d.pop(2)[d.pop(1)]


def equal(o):
    d = {}
    t = 0
    while o:
        d[1] = d[2] = [o.pop()]
        if d.pop(1) == d.pop(2):
            t += 1


def sliced(o):
    a = [1, 2]
    z = 0
    w = 2
    while o:
        a[0] = o[-1]
        a[1] = o.pop()
        a[z:w] = a[w:]
        w = 2
        a.insert(0, 1)
        a.insert(0, 1)


def keys(n):
    d = {K(i): i for i in range(n)}
    for i in range(n):
        d.pop(i)
    s = {K(i) for i in range(n)}
    for i in range(n):
        s.discard(i)


def weak_keys(n):
    d = {S(i): i for i in range(n)}
    refs = [weakref.ref(k, lambda r: log.append(1)) for k in d]
    for s in [str(i) for i in range(n)]:
        d.pop(s)
    return len(refs)


for function in same, cleared, removed, subscript, equal, sliced:
    log.clear()
    function([A() for i in range(3000)])
    first = function.__code__.co_firstlineno
    print(function.__name__, len(log), sorted({line - first for line in log}))
log.clear()
keys(3000)
print(len(log))
log.clear()
print(weak_keys(3000), len(log))
