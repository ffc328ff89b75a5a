# Bools in arithmetic, and as subclass of int.
# jit-expect: compile >= 1


def arithmetic(n):
    t = True
    s = 0
    for i in range(n):
        b = i % 3 == 0
        s += b
        s += t + b
        s -= b * 2
        s += -b + (~(i & 1))
        s += b << 2
        s += True // (1 + b)
    return s, type(t + t).__name__, type(-t).__name__, type(+t).__name__


print(arithmetic(5000))


def types_change(n):
    x = True
    kinds = {}
    for i in range(n):
        name = type(x).__name__
        kinds[name] = kinds.get(name, 0) + 1
        if i % 5 == 0:
            x = i > 100
        elif i % 5 == 1:
            x = x + 1
        elif i % 5 == 2:
            x = x == 1
        elif i % 5 == 3:
            x = x / 2
        else:
            x = not x
    return sorted(kinds.items()), x


print(types_change(5000))


def keep_type(n):
    flags = [True, False, 1, 0]
    out = []
    for i in range(n):
        a = flags[i % 4]
        b = flags[i // 4 % 4]
        row = (a & b, a | b, a ^ b, a and b, a or b, not a)
        if i >= n - 16:
            out.append(row)
    return out


for row in keep_type(3200):
    print(row)


def index_with_bool(n):
    xs = [10, 20]
    s = 0
    for i in range(n):
        s += xs[i > n // 2]
        xs[i % 2 == 0] += 1
    return s, xs


print(index_with_bool(3000))


def printed(n):
    x = True
    for i in range(n):
        x = x is True and i < n
    return x, repr(x), str(x + 0)


print(printed(3000))
