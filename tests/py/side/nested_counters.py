# An inner loop's end leads through the outer loops back to it.
# jit-expect: compile >= 2
def two(n, m):
    s = 0
    for i in range(n):
        for j in range(m):
            s += i * j & 255
    return s, i, j


def three(n):
    s = 0
    for i in range(n):
        for j in range(i):
            for k in range(j, j + 9):
                s = s * 3 + k & 0xFFFFF
    return s, i, j, k


def whiles(n):
    i = t = 0
    while i < n:
        j = i
        while j:
            j //= 2
            t += j & 1
        i += 1
    return i, j, t


def float_reset(n):
    out = []
    for i in range(n):
        s = 0.0
        for j in range(60):
            s += j * 0.5
        out.append(s)
    return sum(out), len(set(map(id, out)))


for _ in range(3):
    print(two(200, 60), three(60), whiles(2000), float_reset(100))
