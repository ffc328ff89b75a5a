# jit-expect: compile >= 6
# One number goes into several attributes in one call, and the first of them is replaced again in it;
# tuples of no arguments; the elements of a list that has grown in between.


class Box:
    def __init__(self, n):
        self.n = n
        self.k = 0


def three(r, s):
    v = r.n + 1
    r.n = v
    r.n = v + 1
    s.k = v
    return s


def result(r, s):
    v = r.n + 1
    r.n = v
    s.k = v
    r.n = v + 1
    s.k = 5
    return v


class Counted:
    total = Box(0)

    def __init__(self):
        self.total.n += 1
        self.k = self.total.n
        self.total.n += 1


def attributes(n):
    r, s = Box(1000003), Box(0)
    seen = 0
    for i in range(n):
        three(r, s)
        seen += s.k
        if s.k is r.n:
            seen += 1
    return seen, r.n, s.k


def results(n):
    r, s = Box(1000003), Box(0)
    total = 0
    kept = []
    for i in range(n):
        v = result(r, s)
        total += v
        if i % 500 == 0:
            kept.append(v)
    return total, kept, r.n, s.k


def instances(n):
    Counted.total.n = 5000000
    total = 0
    last = None
    for i in range(n):
        last = Counted()
        total += last.k
    return total, last.k, Counted.total.n


def one(a=1):
    return a


def pass_on(*args):
    return one(*args)


def no_arguments(n):
    total = 0
    args = ()
    for i in range(n):
        if i == n - 500:
            args = (7,)
        total += one(*args)
        if i % 600 == 599:
            total += pass_on(*args)
        else:
            total += pass_on()
    return total


def grown(n):
    items = [1, 2, 3]
    total = 0
    for i in range(n):
        items[1] = 7
        items.append(4)
        items[1] = i
        total += items[1] + len(items)
    return total, items[:3]


def made_and_grown(n):
    a = None
    total = 0
    for i in range(n):
        v = i * 1000003
        b = [v, i, a]
        b.append(v)
        b[0] = b[1] = b[2] = 0
        b.append(i)
        b[3] = i
        total += b[0] + b[3] + b[4] + len(b)
        a = b
    return total, a


def shrunk(n):
    items = [0] * 4
    total = 0
    for i in range(n):
        items[0] = i
        for k in range(9):
            items.append(k)
        items[0] += 1
        while len(items) > 4:
            items.pop()
        items[1] = items[0]
        total += items[1]
    return total, items


print(attributes(3000))
print(results(3000))
print(instances(3000))
print(no_arguments(3000))
print(grown(3000))
print(made_and_grown(3000))
print(shrunk(2000))
