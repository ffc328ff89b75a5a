# List elements loaded and stored: negative, out of range, shrinking lists.
# jit-expect: compile >= 1


def plain(n):
    xs = list(range(100))
    s = 0
    for i in range(n):
        s += xs[i % 100] - xs[-1 - i % 100] + xs[-1] + xs[0]
        xs[i % 100] = s & 0xFF
        xs[-(i % 100) - 1] ^= 1
    return s, xs[:10]


print(plain(5000))


def sieve(n):
    flags = [True] * n
    flags[0] = flags[1] = False
    i = 2
    while i * i < n:
        if flags[i]:
            j = i * i
            while j < n:
                flags[j] = False
                j += i
        i += 1
    return sum(flags), flags[:12]


print(sieve(6000))


def out_of_range(n):
    xs = list(range(n))
    s = i = 0
    try:
        while True:
            s += xs[i]
            i += 1
    except IndexError as e:
        return s, i, str(e)


print(out_of_range(4000))


def negative_out_of_range(n):
    xs = list(range(n))
    s = 0
    i = -1
    try:
        while True:
            s += xs[i]
            i -= 1
    except IndexError as e:
        return s, i, str(e)


print(negative_out_of_range(4000))


def store_out_of_range(n):
    xs = [0] * n
    i = 0
    try:
        while True:
            xs[i] = i
            i += 1
    except IndexError as e:
        return sum(xs), i, str(e)


print(store_out_of_range(4000))


def shrinks(n):
    xs = list(range(n))
    s = 0
    caught = 0
    for i in range(n):
        try:
            s += xs[i]
        except IndexError:
            caught += 1
        if i % 3 == 0:
            xs.pop()
    return s, caught, len(xs)


print(shrinks(6000))


def cleared(n):
    xs = list(range(n))
    s = caught = 0
    for i in range(n):
        if i == n // 2:
            xs.clear()
        try:
            s += xs[0]
        except IndexError:
            caught += 1
    return s, caught


print(cleared(4000))


def replaced(n):
    xs = [1, 2, 3]
    s = 0
    for i in range(n):
        s += xs[i % 3]
        if i == 2500:
            xs = [10.5, 20.5, 30.5]
        if i == 3000:
            xs = (7, 8, 9)
        if i == 3500:
            xs = {0: 1, 1: 1, 2: 1}
        if i == 3800:
            xs = range(3)
    return repr(s)


print(replaced(4000))


def elements_change(n):
    xs = [1] * 10
    s = 0
    for i in range(n):
        s = s + xs[i % 10]
        if i == 2500:
            xs[3] = 0.5
        if i == 3000:
            xs[4] = True
        if i == 3500:
            xs[5] = 2**70
    return repr(s)


print(elements_change(4000))


def while_iterating(n):
    xs = [0]
    c = 0
    for x in xs:
        c += x
        if len(xs) < n:
            xs.append(x + 1)
    return c, len(xs)


print(while_iterating(4000))


def shrunk_while_iterating(n):
    xs = list(range(n))
    c = 0
    for x in xs:
        c += 1
        xs.pop()
    return c, len(xs)


print(shrunk_while_iterating(4001))


def odd_indices(n):
    xs = list(range(10))
    out = {}
    for i in range(n):
        k = (True, False, 2**70, -(2**70), 1.0, "a", None, -10, -11, 9, 10)[i % 11]
        try:
            r = xs[k]
        except (IndexError, TypeError) as e:
            r = type(e).__name__ + str(e)
        out[str(k)] = r
    return out


for item in odd_indices(3300).items():
    print(*item)


def swap_elements(n):
    xs = [5, 3, 8, 1]
    for i in range(n):
        j = i & 3
        k = (i + 1) & 3
        xs[j], xs[k] = xs[k], xs[j]
    return xs


print(swap_elements(4001))


def bubble(n):
    xs = [(i * 7919) % 101 for i in range(n)]
    for i in range(n):
        for j in range(n - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
    return xs == sorted(xs), xs[:5]


print(bubble(90))


def deleted(n):
    xs = list(range(n))
    s = 0
    while len(xs) > 1:
        s += xs[len(xs) // 2]
        del xs[0]
        del xs[-1]
    return s, xs


print(deleted(3000))
