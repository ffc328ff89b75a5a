# Conditions that are one way while a trace is recorded and another later.
# jit-expect: compile >= 1


def flip_once(n):
    s = 0
    for i in range(n):
        if i < n // 2:
            s += 1
        else:
            s -= 3
    return s


def flip_often(n):
    s = 0
    for i in range(n):
        if (i // 100) % 2:
            s += i
        else:
            s ^= i
    return s


def many_ways(n):
    c = [0] * 6
    for i in range(n):
        k = i * 7919 % 13
        if k < 2:
            c[0] += 1
        elif k < 5:
            c[1] += k
        elif k == 7:
            c[2] -= 1
        elif k % 2:
            c[3] += i
        elif not k % 3:
            c[4] ^= i
        else:
            c[5] += 2
    return c


def data_dependent(n):
    x = 12345
    ups = downs = 0
    for _ in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        if x & 0x4000:
            ups += 1
        elif x & 0x100:
            downs += 1
        else:
            continue
        x ^= ups
    return x, ups, downs


def truth_of_everything(n):
    values = [0, 1, -1, 0.0, -0.0, 0.5, "", "a", None, [], [0], (), (0,), {}, {1: 1}, True, False, 2**80]
    m = len(values)
    c = d = 0
    for i in range(n):
        v = values[i % m]
        if v:
            c += i % m
        if not v:
            d += i % m
    return c, d


def ternaries(n):
    s = 0
    for i in range(n):
        s += (1 if i % 2 else 2) if i % 3 else (3 if i % 5 else -4)
        s += i % 4 and i % 7 or 1
    return s


def rare(n):
    s = 0
    for i in range(n):
        if i & 1023 == 1023:
            s += 1000
        s += 1
    return s


def float_branches(n):
    x = 0.1
    c = 0
    for i in range(n):
        x = x * 3.7 * (1.0 - x)
        if x < 0.25:
            c += 1
        elif x <= 0.5:
            c += 100
        elif x > 0.9:
            c -= 10
    return c, repr(x)


for function in (
    flip_once, flip_often, many_ways, data_dependent, truth_of_everything, ternaries, rare,
    float_branches,
):
    print(function.__name__, function(8000))
