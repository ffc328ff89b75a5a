# Subclasses of list and dict whose methods differ, met after the real ones.
# jit-expect: compile >= 1


class Doubling(list):
    def __getitem__(self, k):
        return list.__getitem__(self, k) * 2

    def __setitem__(self, k, v):
        list.__setitem__(self, k, v + 1)

    def __len__(self):
        return 1000


class Same(list):
    pass


def run(xs, n):
    s = 0
    for i in range(n):
        s += xs[i % 4]
        xs[i % 4] = i & 7
    return s, list(xs), len(xs)


def changes(n):
    xs = [1, 2, 3, 4]
    s = 0
    for i in range(n):
        s += xs[i & 3] + len(xs)
        xs[i & 3] = i & 7
        if i == n // 2:
            xs = Doubling(xs)
        if i == n * 3 // 4:
            xs = Same(xs)
    return s, type(xs).__name__


print(run([1, 2, 3, 4], 4000))
print(run(Doubling([1, 2, 3, 4]), 4000))
print(run(Same([1, 2, 3, 4]), 4000))
print(run([1, 2, 3, 4], 4000))
print(changes(4000))


class Lazy:
    def __getitem__(self, k):
        if k >= 2500:
            raise IndexError(k)
        return k * 2

    def __len__(self):
        return 7


def old_protocol():
    s = 0
    for x in Lazy():
        s += x
    return s


print(old_protocol())


class Missing(dict):
    def __missing__(self, k):
        self[k] = k * k
        return -1


def missing(n):
    d = Missing()
    s = 0
    for i in range(n):
        s += d[i % 50]
    return s, len(d)


print(missing(3000))


def method_added_midway(n):
    class L(list):
        pass

    xs = L([1, 2, 3, 4])
    s = 0
    for i in range(n):
        s += xs[i & 3]
        if i == n // 2:
            L.__getitem__ = lambda self, k: 100
    return s


print(method_added_midway(4000))
