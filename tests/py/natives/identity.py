# jit-expect: compile >= 4
# A number that natives look at, or keep, is the same object for everybody.
G = 0


def named(n):
    global G
    d = {}
    bad = 0
    for i in range(n):
        G = i + 1000000
        d[1] = G
        if d[1] is not G:
            bad += 1
    return bad


def in_tuple(n):
    global G
    d = {1: 2}
    bad = 0
    for i in range(n):
        G = i + 1000000
        y = (G, len(list(d)))
        if y[0] is not G:
            bad += 1
    return bad


def missing(n):
    d = {i + 0.5: 1 for i in range(n - 1)}
    for i in range(n):
        y = i + 0.5
        d[y]


class E:
    def __eq__(self, other):
        seen.append(other)
        return False


seen = []


def compared(n):
    a = [1, 2]
    e = E()
    bad = 0
    for i in range(n):
        y = i + 0.5
        if i == n - 20:
            a.append(e)
        y in a
        if seen and seen.pop() is not y:
            bad += 1
    return bad


def kept(n):
    d = {}
    s = set()
    a = []
    bad = 0
    for i in range(n):
        x = i * 1000003
        y = i * 0.25
        d[x] = y
        s.add(x)
        a.append((x, y))
        bad += d[x] is not y
        bad += d.get(x, y) is not y
        bad += d.get(-1, y) is not y
        bad += d.setdefault(-2 - i, y) is not y
        bad += max([y, -1.0]) is not y
        bad += a[-1][0] is not x
    bad += sum(k is not a[n - 1][0] for k in list(d)[-2:-1])
    return bad


print(named(4000))
print(in_tuple(3000))
try:
    missing(3000)
except KeyError as e:
    print(e.args[0] is e.__traceback__.tb_next.tb_frame.f_locals["y"])
print(compared(3000))
print(kept(3000))

for i in range(3000):
    G = i + 1000000
    seen.append(G)
    if seen[-1] is not G:
        print("another object", i)
print(len(seen))
