# All comparisons, chained ones, and ints against floats beyond 2**53.
# jit-expect: compile >= 1


def count(values, others, n):
    c = [0] * 6
    m = len(others)
    for i in range(n):
        a = values[i % len(values)]
        b = others[i // 3 % m]
        if a < b:
            c[0] += 1
        if a <= b:
            c[1] += 1
        if a > b:
            c[2] += 1
        if a >= b:
            c[3] += 1
        if a == b:
            c[4] += 1
        if a != b:
            c[5] += 1
    return c


ints = [0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63]
floats = [0.0, -0.0, 1.0, 2.0**53, 2.0**53 + 2, 2.0**63, -(2.0**63), float("nan"), float("inf")]
big = [2**64, -(2**64), 2**1000, -(2**1000)]
print(count(ints, ints, 4000))
print(count(ints, floats, 4000))
print(count(floats, ints, 4000))
print(count(floats, floats, 4000))
print(count(big, floats, 4000))
print(count(ints, big, 4000))


def chained(n):
    c = 0
    for i in range(n):
        if 10 < i < 2000 <= n:
            c += 1
        if 0 <= i % 7 < 3 != i % 5:
            c += 10
        if i < n > i >= 0 == (i & 0):
            c += 100
    return c


print(chained(4000))


def exact(n):
    wrong = 0
    for i in range(n):
        k = 2**53 + i
        f = float(k)
        if (k == f) != (k == int(f)):
            wrong += 1
        if (k < f) != (k < int(f)):
            wrong += 1
        if (f >= k) != (int(f) >= k):
            wrong += 1
    return wrong, k == f


print(exact(4000))


def results_as_values(n):
    s = 0
    last = None
    for i in range(n):
        s += (i < 1000) + (i == 7) * 100 + (i != 8)
        last = i > 5
    return s, last, type(last).__name__


print(results_as_values(3000))


def side_effects_once():
    calls = []

    def get(x):
        calls.append(x)
        return x

    true = 0
    for i in range(2000):
        if get(0) <= get(i % 3) < get(2):
            true += 1
    return true, len(calls)


print(side_effects_once())
