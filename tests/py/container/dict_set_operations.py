# Dictionaries and sets filled, changed and searched in hot loops.


def counts(n):
    d = {}
    for i in range(n):
        k = i * i % 37
        if k in d:
            d[k] += 1
        else:
            d[k] = 1
    return sorted(d.items())


def deletes(n):
    d = {i: i for i in range(n)}
    s = 0
    for i in range(0, n, 2):
        s += d.pop(i)
        del d[i + 1]
    return s, len(d)


def changed_size(n):
    d = {i: 1 for i in range(n)}
    c = 0
    try:
        for k in d:
            c += 1
            if k == n - 5:
                d["new"] = 1
    except RuntimeError as e:
        return c, str(e)


def key_errors(n):
    d = {0: 1}
    c = s = 0
    for i in range(n):
        try:
            s += d[i % 3]
        except KeyError as e:
            c += 1
            last = repr(e)
    return s, c, last


def items(n):
    d = {i: i * 2 for i in range(n)}
    s = 0
    for k, v in d.items():
        s += k * v
    for k in d.keys():
        s -= k
    for v in d.values():
        s ^= v
    return s


def sets(n):
    a, b = set(), set()
    for i in range(n):
        a.add(i % 101)
        b.add(i % 103 + 50)
        if i % 7 == 0:
            a.discard(i % 13)
    return len(a & b), len(a | b), len(a ^ b), sum(a - b)


class Key:
    def __init__(self, k):
        self.k = k

    def __hash__(self):
        return self.k % 5

    def __eq__(self, other):
        return self.k == other.k


def own_keys(n):
    d = {}
    for i in range(n):
        d[Key(i % 20)] = i
    return len(d), sorted(d.values())[:3]


def order(n):
    d = {}
    for i in range(n):
        d[i * 7 % 11] = i
    return list(d)


for function in (counts, deletes, changed_size, key_errors, items, sets, own_keys, order):
    print(function.__name__, function(3000))
