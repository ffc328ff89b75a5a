# jit-expect: compile >= 3
# Elements of arrays of the module `array`: ints, floats, what does not fit, indices of all kinds.

from array import array


def floats(n):
    a = array("d", [0.5 * i for i in range(50)])
    t = 0.0
    for i in range(n):
        k = i % 50
        a[k] = a[k] * 1.0001 + a[49 - k]
        if a[k] > 1000.0:
            a[k] = 1
        t += a[k]
    return t, a[3], a[-1]


def ints(n):
    a = array("i", range(50))
    b = array("B", bytes(50))
    t = 0
    for i in range(n):
        k = i % 50
        a[k] += b[k] + i % 3
        b[k] = a[k] % 256
        t += a[k] * b[49 - k]
    return t, a[7], b[7]


def errors(n):
    a = array("b", [0] * 10)
    d = array("d", [0] * 10)
    log = {}
    for i in range(n):
        try:
            a[i % 12] = i % 200
            d[i % 11] = 1.5
            t = a[i % 13] + d[i % 14]
        except (IndexError, OverflowError, TypeError) as error:
            log[str(error)] = log.get(str(error), 0) + 1
    return sorted(log.items())


def kinds(n):
    arrays = [array("d", [1.5] * 8), array("l", [3] * 8), [7] * 8, array("f", [0.25] * 8)]
    t = 0
    for i in range(n):
        x = arrays[i % 4]
        t += x[i % 8]
        x[(i + 1) % 8] = i % 100
    return t, arrays


def subclass(n):
    class A(array):
        def __getitem__(self, index):
            return 5

    a = A("d", [1.0] * 4)
    b = array("d", [2.0] * 4)
    t = 0
    for i in range(n):
        t += a[i % 4] + b[i % 4]
        if i == n // 2:
            a, b = b, a
    return t


def negative(n):
    a = array("d", [float(i) for i in range(10)])
    t = 0
    for i in range(-10, 10):
        for j in range(n // 20):
            t += a[i]
            a[i] = t % 10
    return t


print(floats(6000))
print(ints(6000))
print(errors(3000))
print(kinds(6000))
print(subclass(4000))
print(negative(6000))
