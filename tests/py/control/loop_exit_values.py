# What every variable holds after a loop that ended in each possible way.
# jit-expect: compile >= 1


def by_break(n):
    a = b = 0
    c = 0.0
    for i in range(2 * n):
        a += 1
        if i == n:
            break
        b += a
        c += 0.5
    return a, b, c, i


def by_return(n):
    a = 0
    for i in range(2 * n):
        a += i
        if a > n * 100:
            return a, i


def by_exception(n):
    a = b = 0
    try:
        for i in range(n):
            a += 1
            [1][0 if i < n - 1 else 5]
            b += 1
    except IndexError:
        return a, b, i


def by_end(n):
    a = 0
    b = "start"
    for i in range(n):
        b = a
        a = i * 0.5
    return a, b, i


def by_condition(n):
    i = j = 0
    while (i := i + 1) < n and (j := j + 2) < 3 * n:
        k = i + j
    return i, j, k


def expression_stack(n):
    # Values on the evaluation stack while an inner loop runs.
    return [n, 0.5, sum(i for i in range(n)), (1, [j for j in range(n)][-1], n * 2)]


def argument_order(n):
    out = []

    def take(*a):
        return a

    def run(k):
        s = 0
        for i in range(k):
            s += i
        return s

    for i in range(n // 100):
        out = take(i, run(100), i * 0.5, run(50), (i, run(20)))
    return out


for function in (
    by_break, by_return, by_exception, by_end, by_condition, expression_stack, argument_order
):
    print(function.__name__, function(4000))
