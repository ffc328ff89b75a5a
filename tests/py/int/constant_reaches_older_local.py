# A constant that wanders through locals stays the one object that it is.
# jit-expect: compile >= 1


def wander(n):
    x, y, z = 5000, 6000, 7000
    for i in range(n):
        x, y, z = y, z, 100000
    return x is y, y is z


def older(n, a, b):
    first, second = a, b
    for i in range(n):
        a, b = b, a + b & 0xFFFFF
    return a is first, a is second, b is second


print(wander(3000), wander(1), wander(2), wander(3))
older(3000, 1000, 2000)
print([older(n, 1000, 2000) for n in range(5)])
