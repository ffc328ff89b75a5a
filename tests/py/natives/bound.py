# jit-expect: compile >= 3
# Methods of builtin types that variables hold, and what else lists and dictionaries do.


def cached(n):
    a = []
    push, pop, put = a.append, a.pop, a.insert
    for i in range(n):
        push(i)
        push(i * 2)
        if len(a) > 20:
            pop(0)
            pop()
            put(1, i)
    return len(a), a[:3]


def others(n):
    # Another object, another method, and a method of something else.
    a, b, s = [], [], set()
    total = 0
    for i in range(n):
        f = a.append if i % 3 else b.append
        f(i)
        if i % 100 == 50:
            f = s.add
            f(i)
            f = b.extend
            f([1, 2])
    return len(a), len(b), len(s), total


class Lists(list):
    def append(self, x):
        super().append(-x)


def subclass(n):
    a = Lists()
    plain = []
    out = 0
    for i in range(n):
        f = plain.append if i < n - 100 else a.append
        f(i)
    return plain[-1], a[-1], len(a)


def lists(n):
    a = [3, 1, 2]
    out = 0
    for i in range(n):
        a.sort()
        a.reverse()
        a.append(i % 5)
        if i % 5 in a:
            a.remove(i % 5)
        out += a[0] + len(a)
        a[1:2] = [i % 3, 7]
        a[:1] = (1,)
        if len(a) > 9:
            a.clear()
            a.extend([3, 1, 2])
    return out, a


def stored_slices(n):
    a = list(range(9))
    for i in range(n):
        k = i % 8 + 1
        a[:k] = a[k - 1::-1]
        a[k:] = a[k:]
        a[-3:-1] = [a[-2], a[-3]]
        a[None:None] = a
    return a


def dicts(n):
    d = {}
    out = 0
    for i in range(n):
        d[i] = str(i)
        if i > 10:
            out += len(d.pop(i - 10))
        out += d.pop(i + 1, 3)
        s = {1, 2, 3}
        s.discard(i % 5)
        out += len(s)
    return out, len(d)


def ends(n):
    # What is taken out of a list ends then.
    log = []

    class Loud:
        def __init__(self, n):
            self.n = n

        def __del__(self):
            log.append(self.n)

    for i in range(n):
        a = [Loud(i), 0, 1]
        a.remove(0)
        log.append("r")
        a[0:1] = [1]
        log.append("s")
        a.append(Loud(-i))
        a.clear()
        log.append("c")
    return len(log), log[:8], log[-8:]


def enumerated(n):
    out = 0
    words = ["a", "bb", "ccc"]
    for i in range(n):
        for k, w in enumerate(words):
            out += k * len(w)
        for w, k in zip(words, [1, 2, 3, 4]):
            out += k * len(w)
        for w in reversed(words):
            out += len(w)
    return out


def shared_iterators(n):
    out = []
    for i in range(n):
        it = iter([1, 2, 3, 4, 5])
        short = [10, 20]
        for a, b in zip(it, short):
            out.append(a + b)
        out.append(list(it)[0])
        e = enumerate(c for c in "abc")
        for k, c in e:
            if k == 1:
                break
        out.append(next(e))
    return len(out), out[:8], out[-4:]


print(cached(3000))
print(others(3000))
print(subclass(3000))
print(lists(3000))
print(stored_slices(3000))
print(dicts(3000))
print(ends(2000))
print(enumerated(1500))
print(shared_iterators(1500))
