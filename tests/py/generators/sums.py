# jit-expect: compile >= 8
# What a generator yields to sum() is added in compiled code; the total is what it would have been.
import threading


def squares(n):
    return sum(x * x for x in range(n) if x % 3 == 0)


def halves(n, start):
    return sum((x / 2 for x in range(n)), start)


def changing(n, at):
    # From ints to floats half way, and to truth values.
    return sum((x if x < at else 0.5 if x < 2 * at else True) for x in range(n))


def huge(n):
    # The total leaves 64 bits, the values do not.
    return sum(1 << 60 for _ in range(n)), sum((1 << 62) - x for x in range(n))


def fibonacci(count):
    a, b = 0, 1
    for _ in range(count):
        yield a
        a, b = b, (a + b) & 0xFFFFFF


def counter(n):
    i = 0
    while True:
        if i == n:
            return "unseen"
        yield i
        i += 2 if i % 7 == 5 and i + 2 <= n else 1


def both(n):
    # Two yields in one loop, one in no loop.
    yield -1
    for i in range(n):
        if i & 1:
            yield i
        else:
            yield i * 0.25
    yield 1000


def nested(n):
    return sum(sum(y * x for y in range(x)) for x in range(n))


def over_list(values):
    return sum(v for v in values), sum(v * v for v in values if v > 2)


def negative_zero(n):
    return sum((-0.0 for _ in range(n)), -0.0), sum(-0.0 for _ in range(n))


print(squares(5000), squares(0), squares(1), squares(5000))
print(halves(4000, 0), halves(4000, 1.5), halves(10, 1 << 70), halves(4000, 1 << 40), halves(4000, True))
print(changing(5000, 2000), changing(5000, 1), changing(3000, 4000))
print(huge(4000), huge(1))
print(sum(fibonacci(5000)), sum(fibonacci(3), 7))
print(sum(counter(5000)), sum(counter(1)))
print(sum(both(4000)), sum(both(0)))
print(nested(150))
print(over_list(list(range(4000))), over_list([0.5, 7] * 2000), over_list([1, 2.5, True] * 1500))
print(negative_zero(3000))

results = []


def work(n):
    results.append(sum(x & 7 for x in range(n)))


threads = [threading.Thread(target=work, args=(5000,)) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(results, squares(5000))
