# jit-expect: compile >= 2
# Which object a number is survives being passed from compiled code to compiled code.


def last(n, x):
    if n == 0:
        return x
    return last(n - 1, x)


def same(n, x, y):
    if n == 0:
        return x is y
    return same(n - 1, x, y)


def constant(n):
    if n == 0:
        return 123456
    return constant(n - 1)


def found(n, x, y):
    z = x
    if n == 0:
        return [x is y, x is z, y is z]
    return found(n - 1, x, z)


big, other = 10**6, int("1000000")
for i in range(120):
    big_float = float(i) + 0.5
    for x in (big, big_float, i, "text", None, True):
        assert last(30, x) is x
        assert same(20, x, x)
        assert found(12, x, x) == [True, True, True]
    assert not same(20, big, other)
    assert constant(20) is constant(3)
print(last(30, big) is big, same(3, big, other))
