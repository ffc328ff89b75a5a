# jit-exit: 1
# What would have to run Python code in the middle of compiled code does so in the interpreter, with all
# frames as they are.
import sys


class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n

    def __eq__(self, other):
        frame = sys._getframe(1)
        seen.append((frame.f_code.co_name, frame.f_locals.get("i", -1)))
        return isinstance(other, Key) and self.n == other.n


seen = []


def colliding(n):
    d = {Key(5): "five"}
    found = 0
    for i in range(n):
        # The hash of 5 is that of the key.
        if 5 in d:
            found += 1
        if d.get(5) is not None:
            found += 1
        s = {i % 7, 9}
        if Key(9) in s:
            found += 100
    return found


class Index:
    def __init__(self, n):
        self.n = n

    def __index__(self):
        seen.append((sys._getframe(1).f_code.co_name, self.n))
        return self.n


def indexed(n):
    text = "abcdef"
    total = 0
    keys = [Index(1), 2, Index(3)]
    for i in range(n):
        total += ord(text[keys[i % 3]])
    return total


class Shown:
    def __str__(self):
        return "shown in " + sys._getframe(1).f_code.co_name

    __repr__ = __str__


def shown(n):
    out = set()
    for i in range(n):
        out.add("%s" % (Shown(),))
        out.add(repr([Shown()]))
    return sorted(out)


class Less:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        seen.append(sys._getframe(1).f_code.co_name)
        return self.n < other.n


def ordered(n):
    total = 0
    for i in range(n):
        a = sorted([Less(i % 5), Less(2), Less(7)])
        total += a[0].n
        total += max([i % 3, 1])
    return total


def missing(n):
    d = {1: 2}
    caught = 0
    for i in range(n):
        try:
            caught += d[i % 3]
        except KeyError as e:
            caught += 10 + e.args[0]
    return caught


def unhashable(n):
    caught = []
    s = {1}
    for i in range(n):
        try:
            if i % 50 == 49:
                s.add([])
            s.add(i % 4)
        except TypeError as e:
            caught.append(str(e))
    return len(caught), caught[0], len(s)


def changed(n):
    out = []
    for i in range(n):
        d = {1: 1, 2: 2}
        try:
            for k in d:
                if i % 20 == 19:
                    d[k + 10] = 0
        except RuntimeError as e:
            out.append(str(e))
    return len(out), out[0]


print(colliding(1500), len(seen), seen[-1])
seen.clear()
print(indexed(1500), len(seen), seen[-1])
print(shown(1000))
seen.clear()
print(ordered(1000), len(seen), seen[-1])
print(missing(3000))
print(unhashable(2000))
print(changed(1000))


def raises(n):
    d = {i: i for i in range(200)}
    total = 0
    for i in range(n):
        total += d[i]
    return total


raises(1000)
