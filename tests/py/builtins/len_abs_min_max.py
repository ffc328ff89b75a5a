# len, abs, min, max, int and float called in hot loops on all kinds of values.
# jit-expect: compile >= 1


def lens(n):
    xs = [0] * 5
    t = (1, 2)
    d = {1: 2}
    s = 0
    for i in range(n):
        s += len(xs) * 3 + len(t) + len(d) + len("abc") + len(range(i))
        if i % 500 == 0:
            xs.append(0)
    return s


def len_errors(n):
    things = [[1], 5, None, "ab", 1.5]
    s = e = 0
    for i in range(n):
        try:
            s += len(things[i % 5])
        except TypeError as error:
            e += 1
            text = str(error)
    return s, e, text


class BadLen:
    def __init__(self, value):
        self.value = value

    def __len__(self):
        return self.value


def bad_lens(n):
    things = [BadLen(3), BadLen(-1), BadLen("x"), BadLen(2**70)]
    out = {}
    for i in range(n):
        try:
            key = str(len(things[i % 4]))
        except Exception as error:
            key = type(error).__name__
        out[key] = out.get(key, 0) + 1
    return sorted(out.items())


def abss(n):
    s = 0
    f = 0.0
    for i in range(-n, n):
        s += abs(i) + abs(-3)
        f += abs(i * 0.5) + abs(-0.0)
    return s, repr(f), abs(True), abs(-(2**63)), abs(3 + 4j)


def mins(n):
    s = 0
    for i in range(n):
        s += min(i, 100) + max(i, 100) - min(i, 7, 3) + max(1, 2, i)
    return s


def mins_mixed(n):
    out = []
    for i in range(n):
        a = min(i, i + 0.0)
        b = max(i + 0.0, i)
        c = min(1, True)
        d = max(True, 1)
        e = min(i, i - 0.5)
        f = max([i, 3, 2])
        g = min((i, 3), key=lambda v: -v)
        h = max((), default=i)
        if i % 1000 == 5:
            out.append((a, b, c, d, e, f, g, h))
    return out


def min_errors(n):
    c = {}
    for i in range(n):
        try:
            if i % 3 == 0:
                min(i, "a")
            elif i % 3 == 1:
                max(())
            else:
                min(i)
        except (TypeError, ValueError) as error:
            c[str(error)] = c.get(str(error), 0) + 1
    return sorted(c.items())


def clamp(n):
    x = 0.0
    for i in range(n):
        x = max(-1.0, min(1.0, x + (i % 7 - 3) * 0.25))
    return repr(x)


def bools_and_type(n):
    c = 0
    for i in range(n):
        if type(i) is int and isinstance(i, int) and not isinstance(i, (str, float)) and bool(i):
            c += 1
        if callable(i) or hasattr(i, "nope"):
            c += 100000
    return c


def sums(n):
    s = 0
    for i in range(n // 10):
        s += sum(range(i)) + sum([0.5] * 3) + sum((1, 2), i)
        s += any([0, i]) + all((1, i))
        s += ord(chr(i % 100 + 32)) + divmod(i, 7)[1] + pow(i, 2) + round(i / 3)
    return s


for function in (
    lens, len_errors, bad_lens, abss, mins, mins_mixed, min_errors, clamp, bools_and_type, sums
):
    print(function.__name__, function(3000))
