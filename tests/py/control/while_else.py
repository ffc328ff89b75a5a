# while/else and for/else, break and continue in all places.
# jit-expect: compile >= 1


def while_else(n, stop):
    i = 0
    while i < n:
        if i == stop:
            break
        i += 1
    else:
        return "else", i
    return "break", i


print(while_else(5000, -1), while_else(5000, 3333), while_else(0, 0))


def for_else(n, stop):
    for i in range(n):
        if i == stop:
            break
    else:
        return "else"
    return "break", i


print(for_else(5000, -1), for_else(5000, 3333), for_else(0, 0))


def continues(n):
    s = 0
    i = 0
    while i < n:
        i += 1
        if i % 2:
            continue
        if i % 3 == 0:
            s += 1
            continue
        s += i
    return s


print(continues(5000))


def true_loop(n):
    i = 0
    while True:
        i += 1
        if i % 7 == 3:
            continue
        if i >= n:
            break
    return i


print(true_loop(5000))


def nested_break(n):
    found = []
    for i in range(n):
        for j in range(i):
            if i * j == 1806:
                found.append((i, j))
                break
            if j > 50:
                break
        else:
            continue
        if len(found) > 3:
            break
    return found, i, j


print(nested_break(2000))


def primes(n):
    out = 0
    for i in range(2, n):
        for j in range(2, i):
            if j * j > i:
                out += 1
                break
            if i % j == 0:
                break
        else:
            out += 1
    return out


print(primes(2500))


def return_inside(n):
    for i in range(n):
        while True:
            i += 2
            if i > n:
                return i
            if i % 5:
                break


print(return_inside(3000))


def conditions(n):
    i = j = 0
    while i < n and j < n or i == j:
        if i % 3 == 0 or j % 5 == 0 and not i == 7:
            j += 2
        else:
            j += 1
        i += 1
    return i, j


print(conditions(4000))
