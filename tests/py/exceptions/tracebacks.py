# Tracebacks of exceptions raised in hot loops, printed with their lines.
# jit-expect: compile >= 1
import sys
import traceback


def show(function, *args):
    try:
        function(*args)
    except Exception:
        traceback.print_exc(file=sys.stdout)


def division(n):
    s = 0
    for i in range(n):
        s += 10 // (n - 1 - i)
    return s


def subscript(n):
    xs = [1] * (n - 1)
    s = 0
    for i in range(n):
        s += 1
        s += xs[i]
        s += 2


def multi_line(n):
    s = 0
    for i in range(n):
        s = (
            s
            + i
            + 5
            // (n - 1 - i)
            + 7
        )


def type_error(n):
    x = 0
    for i in range(n):
        if i == n - 1:
            x = "text"
        x = x + 1


def nested(n):
    for i in range(n):
        for j in range(3):
            if i == n - 1:
                raise ValueError(
                    "nested",
                    i, j,
                )


def callee(n):
    def inner(k):
        return 1 // k

    for i in range(n):
        inner(n - 1 - i)


def chained(n):
    for i in range(n):
        try:
            1 // (n - 1 - i)
        except ZeroDivisionError as e:
            raise RuntimeError("outer") from e


def context(n):
    for i in range(n):
        try:
            [][0 if i == n - 1 else len([])] if i == n - 1 else None
        except IndexError:
            int("x")


def attribute(n):
    class C:
        a = 1

    c = C()
    for i in range(n):
        c.a
        if i == n - 1:
            del C.a


def while_condition(n):
    i = n
    while 100 // i:
        i = i - 1 if i > 50 else 0


def unpack(n):
    for i in range(n):
        a, b = (1, 2) if i < n - 1 else (1,)


def compare(n):
    x = 1
    for i in range(n):
        if x < i:
            pass
        if i == n - 2:
            x = None


def float_error(n):
    x = 1.0
    for i in range(n):
        x = 1.0 / (n - 1 - i)


def overflow(n):
    x = 2.0
    for i in range(n):
        x = x**2 if i > n - 20 else 2.0


def negative_shift(n):
    for i in range(n):
        1 << (n - 2 - i)


def comprehension(n):
    return [1 // (n - 1 - i) for i in range(n)]


for function in (
    division, subscript, multi_line, type_error, nested, callee, chained, context, attribute,
    unpack, compare, float_error, overflow, negative_shift, comprehension,
):
    print("---", function.__name__)
    show(function, 3000)
print("--- while_condition")
show(while_condition, 99)
