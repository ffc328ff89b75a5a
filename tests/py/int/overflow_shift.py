# Left shifts that leave 64 bits, and right shifts that bring them back.
# jit-expect: compile >= 1


def left(value, n):
    total = 0
    for i in range(n):
        total ^= value << (i % 80)
    return total


for value in (1, -1, 3, -3, 2**31, 2**62, 2**63 - 1, -(2**63), 0):
    print(value, left(value, 3000))


def there_and_back():
    x = 5
    peak = 0
    for i in range(4000):
        if (i // 70) % 2 == 0:
            x = x << 1
        else:
            x = x >> 1
        if x > peak:
            peak = x
    return x, peak


print(there_and_back())


def border():
    rows = set()
    for i in range(3000):
        k = 60 + i % 6
        rows.add((k, 1 << k, -1 << k, (1 << k) - 1, (1 << k) >> k, (-1 << k) >> k))
    return sorted(rows)


for row in border():
    print(row)
