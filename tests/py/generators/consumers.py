# jit-expect: compile >= 10
# Generators that builtin functions drive: any, all, list, tuple, sorted, list.extend, `*` in
# displays. What they yield is taken in compiled code.
import sys
import traceback


def with_all(n):
    return (
        all(x < n for x in range(n)),
        all(x != n - 5 for x in range(n)),
        all(x * 0.5 + 1 for x in range(n)),
        all(0 if x == n - 7 else x + 1 for x in range(n)),
    )


def with_any(n):
    return (
        any(x < 0 for x in range(n)),
        any(x == n - 5 for x in range(n)),
        any(None for x in range(n)),
        any(0.0 if x < n - 3 else 2.5 for x in range(n)),
    )


def lists(n):
    a = list(x * 3 for x in range(n) if x % 7)
    b = tuple(x / 2 for x in range(n))
    c = sorted((x * 7919) % 10007 for x in range(n))
    d = [*(x ^ 5 for x in range(n)), -1]
    e = [1, 2]
    e.extend(x & 3 for x in range(n))
    e += (str(x) for x in range(3))
    return [
        (type(v).__name__, len(v), hash(tuple(v[:-3])), v[:5], v[-3:], type(v[7]).__name__)
        for v in (a, b, c, d, e)
    ]


def changing(n):
    # To other types, numbers that do not fit, other objects.
    def values():
        for i in range(n):
            if i < n // 4:
                yield i
            elif i < n // 2:
                yield i * 0.5
            elif i < n * 3 // 4:
                yield i << 60
            else:
                yield "text"

    kinds = {}
    for value in list(values()):
        kinds[type(value).__name__] = kinds.get(type(value).__name__, 0) + 1
    return kinds, any(v == "text" for v in values())


def same_objects(n):
    things = [object() for _ in range(40)] * (n // 40)
    numbers = [1000 + x for x in range(n)]
    a = list(t for t in things if t is not things[3])
    b = list(x for x in numbers)
    return (
        len(a),
        all(x is things[i % 40 if i % 39 < 3 else 0] or True for i, x in enumerate(a)),
        sum(x is y for x, y in zip(b, numbers)),
    )


def twice_the_same(n):
    # One number in a local and in the list is one object.
    def values():
        last = None
        for i in range(n):
            x = i + 10**6
            pairs.append(last is x)
            yield x
            last = x

    pairs = []
    made = list(values())
    return len(set(map(id, made))), sum(pairs)


class Falsy:
    asked = 0

    def __bool__(self):
        Falsy.asked += 1
        return False


def objects(n):
    falsy = Falsy()
    found = any(falsy for _ in range(n))
    return found, Falsy.asked


def mixed_users(n):
    # One generator, many who take from it.
    def numbers():
        i = 0
        while i < n:
            yield i
            i += 1

    g = numbers()
    first = any(x > n // 3 for x in g)
    here = next(g)
    total = sum(x for x in g if x < n // 2) if n < 0 else 0
    rest = list(g)
    again = [all(x >= 0 for x in numbers()), sum(numbers()), len(list(numbers()))]
    for x in numbers():
        total += x
    return first, here, rest[0], len(rest), again, total


def sees_itself(n):
    # The list that is extended is seen by the generator.
    out = []

    def values():
        for i in range(n):
            yield len(out) if i % 1000 == 0 else i

    out.extend(values())
    return [out[i] for i in range(0, n, 1000)]


def raised(n):
    def values():
        for i in range(n):
            yield 10 // (n - 3 - i)

    for take in (list, any, all, tuple, sorted):
        try:
            print(take.__name__, take(v >= 0 if take is all else v for v in values()))
        except ZeroDivisionError:
            traceback.print_exc(file=sys.stdout)


def nested(n):
    return sum(any(x * y == 77 for x in range(12)) for y in range(n)), all(
        any(x == y for x in range(30)) for y in range(30)
    )


def primes(n):
    found = []
    for x in range(2, n):
        if all(x % p for p in found if p * p <= x):
            found.append(x)
    return len(found), found[-1]


N = 5000
print(with_all(N), with_any(N))
for row in lists(N):
    print(row)
print(changing(N), same_objects(N), twice_the_same(N), objects(N))
print(mixed_users(N), sees_itself(N))
raised(N)
print(nested(400), primes(2500))
