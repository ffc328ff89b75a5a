# User-defined operators that raise or return odd things inside hot loops.


class Raises:
    def __eq__(self, other):
        raise LookupError("eq")

    def __lt__(self, other):
        raise ArithmeticError("lt")

    def __bool__(self):
        raise OSError("bool")

    def __index__(self):
        raise BufferError("index")

    def __len__(self):
        raise EOFError("len")


def each(n):
    things = [1, 2.0, Raises(), "x"]
    c = {}

    def note(e):
        key = type(e).__name__
        c[key] = c.get(key, 0) + 1

    for i in range(n):
        x = things[i % 4]
        try:
            x == 1
        except LookupError as e:
            note(e)
        try:
            x < 1
        except (ArithmeticError, TypeError) as e:
            note(e)
        try:
            if x:
                pass
        except OSError as e:
            note(e)
        try:
            [1, 2, 3][x]
        except (BufferError, TypeError) as e:
            note(e)
        try:
            len(x)
        except (EOFError, TypeError) as e:
            note(e)
    return sorted(c.items())


print(each(3000))


class Odd:
    """Comparisons that return things other than bools."""

    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        return [self.v] if self.v % 2 else []

    def __eq__(self, other):
        return NotImplemented

    def __gt__(self, other):
        return "yes"

    def __bool__(self):
        return self.v % 3 == 0


def odd_results(n):
    c = [0] * 5
    for i in range(n):
        x = Odd(i)
        if x < 5:
            c[0] += 1
        if x == 5:
            c[1] += 1
        if x > 5:
            c[2] += 1
        if x:
            c[3] += 1
        if not x and 5 > x:
            c[4] += 1
    return c, x < 0, x > 0


print(odd_results(3000))


def sort_fails(n):
    c = 0
    for i in range(n):
        try:
            sorted([1, "a", i])
        except TypeError:
            c += 1
    return c


print(sort_fails(1500))


class LateFailure(int):
    def __lt__(self, other):
        if other == 2500:
            raise ValueError(other)
        return int(self) < other


def late(n):
    x = LateFailure(n)
    i = 0
    try:
        while not x < i:
            i += 1
    except ValueError as e:
        return i, repr(e)


print(late(5000))
