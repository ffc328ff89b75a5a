# range() in all shapes: steps, empty, huge, reused, the iterator shared.
# jit-expect: compile >= 1


def steps(n):
    out = []
    for step in (1, 2, 3, 7, -1, -2, -7):
        s = c = 0
        last = None
        for i in range(n if step < 0 else 0, 0 if step < 0 else n, step):
            s += i
            c += 1
            last = i
        out.append((step, s, c, last))
    return out


for row in steps(4000):
    print(row)


def empty(n):
    c = 0
    i = "untouched"
    for _ in range(n):
        for i in range(0):
            c += 1
        for i in range(5, 5):
            c += 1
        for i in range(5, 1):
            c += 1
        for i in range(1, 5, -1):
            c += 1
    return c, i


print(empty(2000))


def huge():
    s = c = 0
    for i in range(2**63 - 2000, 2**63 + 2000):
        s += i
        c += 1
    out = [(s, c, i)]
    c = 0
    for i in range(-(2**63) + 1500, -(2**63) - 1500, -1):
        c += 1
    out.append((c, i))
    c = 0
    for i in range(0, 2**70, 2**58):
        c += 1
    out.append((c, i))
    c = 0
    for i in range(2**64):
        c += 1
        if c == 5000:
            break
    out.append((c, i))
    c = 0
    for i in range(0, 2**63 - 1, 2**51):
        c += 1
    out.append((c, i))
    return out


for row in huge():
    print(row)


def reused(n):
    r = range(n)
    s = 0
    for i in r:
        s += i
    for i in r:
        s -= 2 * i
    return s, len(r), r[-1], r


print(reused(3000))


def shared(n):
    it = iter(range(n))
    pairs = 0
    for a in it:
        b = next(it, None)
        if b is not None and b == a + 1:
            pairs += 1
        if a == 2000:
            break
    rest = list(it)
    return pairs, a, b, len(rest), rest[:3], rest[-1], next(it, "end")


print(shared(4000))


def two_loops_one_iterator(n):
    it = iter(range(n))
    first = second = 0
    for a in it:
        first += a
        if a >= n // 2:
            break
    hint = it.__length_hint__()
    for a in it:
        second += a
    return first, second, hint, a


print(two_loops_one_iterator(6000))


def variable_after_loop(n):
    for i in range(n):
        pass
    a = i
    i = -5
    for i in range(0):
        pass
    return a, i


print(variable_after_loop(5000))


def assigned_inside(n):
    s = 0
    for i in range(n):
        s += i
        i = 10
        s += i
    return s, i


print(assigned_inside(4000))


def exhausted(n):
    it = iter(range(n))
    for _ in it:
        pass
    c = 0
    for _ in it:
        c += 1
    return c


print(exhausted(3000))
