# jit-expect: residual == 0
# jit-expect: compile >= 3
# Slices, and what moves elements of lists.


def slices(n):
    a = list(range(10))
    t = tuple(range(10))
    s = "0123456789"
    total = 0
    for i in range(n):
        k = i % 12 - 6
        total += len(a[k:]) + len(a[:k]) + len(a[k:5]) + len(t[k:7]) + len(s[1:k])
        b = a[2:k]
        if b:
            total += b[0]
    return total


def moved(n):
    a = [1, 2, 3, 4, 5]
    out = 0
    for i in range(n):
        x = a.pop(0)
        a.insert(i % 5, x)
        out = out * 3 % 1000003 + a[0]
        y = a.pop(-2)
        a.append(y)
    return out, a


def joined(n):
    a = []
    total = 0
    for i in range(n):
        a.extend([i, i + 1])
        a.extend((2, 3))
        total += len(a + [1]) + len([0] * 3)
        if len(a) > 40:
            a = a[30:]
    return total, a[:3]


def over(n):
    total = 0
    for i in range(n):
        for x in (1, 2, 3):
            total += x
        for x in [4, 5]:
            total += x * i
        for x in range(3):
            total += x
    return total


print(slices(3000))
print(moved(3000))
print(joined(3000))
print(over(2000))
