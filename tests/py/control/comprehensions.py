# Comprehensions and generator expressions with hot loops of their own.

n = 5000
print(sum([i * i for i in range(n)]))
print(sum(i * 3 for i in range(n) if i % 2))
print(len({i % 97 for i in range(n)}), sum({i: i * 2 for i in range(n)}.values()))
print([i for i in range(n) if i % 1000 == 7])


def nested(n):
    return sum([a * b for a in range(n) for b in range(a) if (a + b) % 3])


print(nested(100))


def uses_locals(n):
    k = 7
    xs = [i + k for i in range(n)]
    k = 8
    ys = [[j * k for j in range(3)] for i in range(n // 10)]
    return sum(xs), sum(map(sum, ys)), "i" in locals()


print(uses_locals(3000))


def lambdas(n):
    fs = [lambda x=i: x + i for i in range(n)]
    return fs[0](), fs[-1](), fs[10](5)


print(lambdas(2000))


class Scope:
    size = 3000
    values = [i for i in range(3000)]
    total = sum(i for i in range(size))


print(len(Scope.values), Scope.total, hasattr(Scope, "i"))


def failing(n):
    try:
        return [10 // (n - 5 - i) for i in range(n)]
    except ZeroDivisionError as e:
        return str(e), e.__traceback__.tb_next is None, e.__traceback__.tb_lineno


print(failing(3000))


def conditional(n):
    return [(-i if i % 2 else i / 2) for i in range(n)][-4:]


print(conditional(3000))
