# Objects carried, stored and returned by loops are the same objects.
# jit-expect: compile >= 1


def strings(n):
    a = "some text " + str(n)
    b = a
    xs = [a]
    c = 0
    for i in range(n):
        t = xs[0]
        if t is a and b is t:
            c += 1
        xs[0] = t
        a, b = b, a
    return c, xs[0] is a


def lists(n):
    row = [0]
    rows = [row] * 3
    for i in range(n):
        r = rows[i % 3]
        r[0] += 1
    return rows, rows[0] is rows[2]


def big_ints(n):
    x = 10**30
    y = x
    c = 0
    for i in range(n):
        if y is x:
            c += 1
        if i == n // 2:
            y = y + 0
            z = y == x
    return c >= n // 2, z


def floats_through_calls(n):
    def same(v):
        return v

    x = 1.25
    c = 0
    for i in range(n):
        if same(x) is x:
            c += 1
    return c


def default_identity(n):
    marker = object()

    def f(a=marker):
        return a is marker

    c = 0
    for i in range(n):
        c += f() + f(i)
    return c


def stored_loop_values(n):
    xs = []
    for i in range(n):
        x = i * 1000003
        xs.append(x)
        xs.append(x)
        y = x / 2
        xs.append(y)
        xs.append(y)
    return all(xs[k] is xs[k + 1] for k in range(0, len(xs), 2)), len(xs)


def attribute_values(n):
    class C:
        pass

    o = C()
    c = 0
    for i in range(n):
        v = i + 100000
        o.v = v
        if o.v is v:
            c += 1
    return c


for function in (
    strings, lists, big_ints, floats_through_calls, default_identity, stored_loop_values,
    attribute_values,
):
    print(function.__name__, function(3000))
