# jit-expect: compile >= 12
# Generators that `for` loops drive: what they do between two `yield`s is compiled with the loop.
OFFSET = 3


def squares(n):
    for i in range(n):
        yield i * i


def counter(n):
    i = 0
    while i < n:
        yield i
        i += 1


def odd(numbers):
    for x in numbers:
        if x & 1:
            yield x


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, (a + b) & 0xFFFFFF


def two_places(n):
    # It does not wait at the same place each time.
    for i in range(n):
        yield i
        yield -2 * i


def changing(n):
    # From ints to floats, to numbers that do not fit, to other objects.
    x = 1
    for i in range(n):
        yield x
        if i == n // 4:
            x = 0.5
        elif i == n // 2:
            x = 1 << 70
        elif i == n * 3 // 4:
            x = True


def words(names):
    for name in names:
        yield name


def returns(n):
    i = n
    while True:
        if i == 0:
            return "unseen"
        i -= 1
        yield i


def scaled(n, factor):
    def go():
        for i in range(n):
            yield i * factor + OFFSET

    return go()


def nested(n):
    for i in range(n):
        for j in range(i % 5):
            yield i * j


def loop(values):
    total = 0
    for x in values:
        total += x
    return total


def counted(values):
    seen = {}
    for x in values:
        seen[x] = seen.get(x, 0) + 1
    return sorted(seen.items(), key=str)


def outer(n, m):
    total = 0
    for k in range(n):
        for x in squares(m):
            total += x ^ k
        for x in counter(k % 3):
            total -= x
    return total


def stops_early(n):
    total = 0
    g = squares(n)
    for x in g:
        total += x
        if total > 10**9:
            break
    return total, next(g), next(g)


def goes_on(n):
    # The loop takes some, then others do.
    g = counter(n)
    taken = []
    for x in g:
        if x % 1000 == 999:
            taken.append((x, next(g, None), next(g, None)))
    return taken


def index_of(n):
    last = None
    for i, x in enumerate(counter(n)):
        if i != x:
            return "wrong", i, x
        last = x
    return last


def same_generator(n):
    # Two loops take turns with one generator.
    g = counter(n)
    pairs = 0
    total = 0
    for a in g:
        for b in g:
            total += a * 3 - b
            if b % 7 == 0:
                break
        pairs += 1
    return pairs, total


def two_of_a_kind(n):
    total = 0
    for a in squares(n):
        for b in squares(4):
            total += a - b
    return total


def comprehension(n):
    return [x + 1 for x in squares(n) if x % 3], {x % 11 for x in counter(n)}


def identity(n):
    big = [10**6 + i for i in range(50)] * (n // 50)
    same = 0
    for i, x in enumerate(words(big)):
        if x is big[i]:
            same += 1
    return same


def generator_expression(n):
    total = 0
    for x in (i * 3 for i in range(n) if i % 4):
        total += x
    return total


N = 6000
print(loop(squares(N)), loop(counter(N)), loop(odd(list(range(N)))))
print(loop(fibonacci(N)), loop(two_places(N)), loop(changing(N)))
print(counted(words(["a", "bc", "d"] * N)))
print(loop(returns(N)), loop(scaled(N, 7)), loop(scaled(N, 0.5)))
print(loop(nested(N)), outer(300, 40))
print(stops_early(N), goes_on(N), index_of(N))
print(same_generator(N), two_of_a_kind(1500))
print([sum(part) for part in comprehension(N)])
print(identity(N), generator_expression(N))
OFFSET = 1 << 66
print(loop(scaled(N, 7)))
print(loop(odd(range(N))), loop(odd(tuple(range(N)))), loop(odd({x: 0 for x in range(N)})))
