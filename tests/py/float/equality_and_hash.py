# Floats and ints as dictionary keys made in a hot loop.


def keys(n):
    d = {}
    for i in range(n):
        d[i % 50] = i
        d[i % 50 + 0.0] = -i
        d[i % 50 + 0.5] = i
    return len(d), sum(d.values()), sorted(d)[:4]


print(keys(3000))


def hashes(n):
    c = 0
    for i in range(n):
        if hash(i * 1.0) == hash(i):
            c += 1
    return c


print(hashes(3000))


def sets(n):
    s = set()
    for i in range(n):
        s.add(i % 10)
        s.add(float(i % 10))
        s.add(i % 2 == 0)
    return len(s), sorted(s)


print(sets(3000))
