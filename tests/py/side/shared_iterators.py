# Range iterators that are used in more than one place.
def shared(n):
    out = []
    for i in range(n):
        it = iter(range(100))
        s = 0
        for a in it:
            s += a
            for b in it:
                if b % 10 == 9:
                    break
                s ^= b
        out.append((s, next(it, None)))
    return sum(s for s, _ in out), set(r for _, r in out)


def steps(n):
    s = 0
    for i in range(n):
        for j in range(i, -i, -3):
            s += j
        for j in range(0):
            s = -1
        for j in range(5, 5 + i % 4):
            s += j & 3
    return s, j


print(shared(100), steps(300))
