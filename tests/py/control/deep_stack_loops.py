# Loops entered with values on the stack: with, for in for, call arguments.
# jit-expect: compile >= 1


class Context:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.log.append(error[0] is None)


def in_with(n):
    log = []
    s = 0
    with Context(log), Context(log):
        for i in range(n):
            s += i
            if i == n - 5:
                break
    try:
        with Context(log):
            for i in range(n):
                s += 1 // (n - 1 - i)
    except ZeroDivisionError:
        pass
    return s, log


def five_levels(n):
    c = 0
    for a in range(n):
        for b in [1, 2]:
            for d in (3, 4):
                for e in {5: 6}:
                    for f in range(2):
                        c += a + b * d - e + f
    return c


def returns_from_depth(n):
    for a in range(n):
        for b in range(3):
            with Context([]):
                for d in range(2):
                    if a == n - 1 and b == 1 and d == 1:
                        return a, b, d


def different_iterators(n):
    s = 0
    for k in range(4):
        for x in (range(n), [1] * n, (0.5,) * n, {i: 1 for i in range(n)})[k]:
            s += x
    return repr(s)


def generator_in_loop(n):
    s = 0
    for i in range(n // 20):
        s += sum(j * i for j in range(20))
    return s


def same_code_two_frames(n):
    def run(depth):
        s = 0
        for i in range(n):
            s += i
            if i == n // 2 and depth:
                s += run(depth - 1)
        return s

    return run(4)


for function in (
    in_with, five_levels, returns_from_depth, different_iterators, generator_in_loop,
    same_code_two_frames,
):
    print(function.__name__, function(2000))
