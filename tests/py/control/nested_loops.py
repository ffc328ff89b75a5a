# Loops in loops, two and three levels, hot inside or outside.
# jit-expect: compile >= 1


def two(n, m):
    s = 0
    for i in range(n):
        for j in range(m):
            s += i ^ j
    return s


print(two(100, 100), two(3000, 2), two(2, 3000), two(3000, 0))


def three(a, b, c):
    s = 0
    for i in range(a):
        for j in range(b):
            for k in range(c):
                s += i * j - k
        s ^= i
    return s


print(three(20, 20, 20), three(1, 1, 5000), three(5000, 1, 1), three(1, 5000, 1))


def triangular(n):
    s = 0
    for i in range(n):
        for j in range(i, n):
            s += j - i
    return s


print(triangular(110))


def whiles(n):
    i = s = 0
    while i < n:
        j = i
        while j > 0:
            s += j
            j //= 2
        i += 1
    return s


print(whiles(2000))


def mixed(n):
    s = 0.0
    t = 0
    for i in range(n):
        x = 1.0
        while x < i:
            x *= 2.0
            t += 1
        s += x
        for j in range(3):
            s -= j * 0.5
    return repr(s), t


print(mixed(2000))


def sequence(n):
    s = 0
    for i in range(n):
        s += i
    for i in range(n):
        s -= 2 * i
    i = 0
    while i < n:
        s += i * i
        i += 1
    return s


print(sequence(3000))


def inner_changes_outer(n):
    i = 0
    c = 0
    while i < n:
        for _ in range(3):
            i += 1
            c += 1
            if i % 5 == 0:
                break
    return i, c


print(inner_changes_outer(4000))


def matrix(n):
    a = [[i * j % 7 for j in range(n)] for i in range(n)]
    b = [[(i + j) % 5 for j in range(n)] for i in range(n)]
    c = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            s = 0
            for k in range(n):
                s += a[i][k] * b[k][j]
            c[i][j] = s
    return sum(map(sum, c)), c[1][:5], c[-1][-5:]


print(matrix(22))
