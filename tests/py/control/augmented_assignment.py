# Augmented assignment on locals, elements, attributes and slices.
# jit-expect: compile >= 1


class Box:
    total = 0

    def __init__(self):
        self.value = 0
        self.items = []


class Adds:
    def __init__(self):
        self.log = 0

    def __iadd__(self, other):
        self.log += other
        return self

    def __imul__(self, other):
        return NotImplemented

    def __mul__(self, other):
        return (self.log, other)


def locals_(n):
    a, b, c, d, e, f, g = 1, 2, 3.0, 4, 5, 6, 7
    for i in range(1, n):
        a += i
        b -= i
        c *= 1.0001
        d ^= i
        e |= i & 15
        f = (f << 1) & 0xFFFF
        f >>= 1
        g %= i + 1
        g //= 1
        g += 3
        c /= 1.0001
        b **= 1
        a &= 0xFFFFFFF
    return a, b, repr(c), d, e, f, g


def elements(n):
    xs = [0] * 4
    rows = [[0, 0], [0.0, 0.0]]
    d = {"k": 0}
    for i in range(n):
        xs[i & 3] += i
        xs[-1] -= 1
        rows[i & 1][i & 1] += 0.5
        d["k"] += i
        d[i & 7] = d.get(i & 7, 0) + 1
    return xs, rows, d


def attributes(n):
    box = Box()
    for i in range(n):
        box.value += i
        box.value ^= 1
        Box.total += 1
        box.items += [i]
    return box.value, Box.total, len(box.items), box.items[-1]


def objects(n):
    x = Adds()
    y = x
    for i in range(n):
        x += i
    y *= 3
    return x.log, y


def same_list(n):
    xs = []
    ys = xs
    for i in range(n):
        xs += (i,)
    zs = xs
    xs = xs + [1]
    return len(ys), len(xs), zs is ys, xs is ys


def order(n):
    log = []

    def at(k):
        log.append(k)
        return k

    xs = [0, 0]
    for i in range(n):
        xs[at(i & 1)] += at(7)
    return xs, len(log), log[:4]


def tuples(n):
    t = ()
    for i in range(n):
        t += (i,)
        if len(t) > 10:
            t = t[5:]
    return t


for function in (locals_, elements, attributes, objects, same_list, order, tuples):
    print(function.__name__, function(3000))
