# Weak references die, and their callbacks run, at the right moment.
import weakref


class Thing:
    pass


def alive(n):
    x = Thing()
    r = weakref.ref(x)
    c = 0
    for i in range(n):
        if r() is not None:
            c += 1
        if i == n // 2:
            x = None
    return c


print(alive(4000))


def callbacks(n):
    log = []
    refs = []
    for i in range(n):
        x = Thing()
        refs.append(weakref.ref(x, lambda r, i=i: log.append(i)))
        if i and log[-1] != i - 1:
            print("late", i)
    return len(log), sum(r() is not None for r in refs)


print(callbacks(1500))


def dictionary(n):
    d = weakref.WeakValueDictionary()
    sizes = set()
    for i in range(n):
        x = Thing()
        d[i] = x
        sizes.add(len(d))
    return sorted(sizes)


print(dictionary(1500))


def finalizers(n):
    log = []
    x = None
    for i in range(n):
        x = Thing()
        weakref.finalize(x, log.append, i)
    return len(log), log[-1]


print(finalizers(500))
