# jit-expect: residual == 0
# jit-expect: compile >= 4
# `list.append` as a statement, as the interpreter specializes it, and stores over objects.


class Thing:
    def __init__(self, n):
        self.n = n


def numbers(n):
    out = []
    for i in range(n):
        out.append(i * i)
        out.append(i)
        out.append(0.5 * i)
    return len(out), out[-3:]


def same(n):
    # One number in two lists, and in a local: one object.
    a = []
    b = []
    for i in range(n):
        x = i * 1000003
        a.append(x)
        b.append(x)
    return sum(p is q for p, q in zip(a, b)), len(a)


def objects(n):
    things = [Thing(0), Thing(1), Thing(2)]
    k = 0
    for i in range(n):
        things[k] = things[k - 1]
        things[k - 1] = things[0]
        k += 1
        if k == 3:
            k = 0
    return [thing.n for thing in things]


def grow(out, x):
    out.append(x)
    if x % 7 == 3:
        out.append(-x)
    return len(out)


def in_calls(n):
    out = []
    total = 0
    for i in range(n):
        total += grow(out, i)
    return total, out[-2:]


print(numbers(3000))
print(same(3000))
print(objects(3000))
print(in_calls(3000))
