# Cells, free variables and nonlocal in hot loops.


def counter(n):
    c = 0

    def bump():
        nonlocal c
        c += 1
        return c

    s = 0
    for i in range(n):
        s += bump()
        if i % 3 == 0:
            c += 1
    return s, c


def loop_in_inner(n):
    total = 0
    x = 0.5

    def run():
        nonlocal total, x
        for i in range(n):
            total += i
            x = x * 0.5 + i
        return total

    return run(), run(), total, repr(x)


def captured_loop_variable(n):
    fs = []
    for i in range(n):
        fs.append(lambda: i)
    return fs[0](), fs[-1]()


def changed_by_callee(n):
    x = 1

    def change(i):
        nonlocal x
        if i == n // 2:
            x = 2.5
        if i == n * 3 // 4:
            x = 2**64

    s = 0
    for i in range(n):
        change(i)
        s += x
    return repr(s)


def deleted_cell(n):
    x = 1

    def get():
        return x

    s = 0
    try:
        for i in range(n):
            s += get()
            if i == n // 2:
                del x
    except NameError as e:
        return s, str(e)


def deleted_own_cell(n):
    x = 1

    def get():
        return x

    s = 0
    try:
        for i in range(n):
            s += x
            if i == n // 2:
                del x
    except NameError as e:
        return s, type(e).__name__, str(e)


def cell_contents(n):
    x = 0

    def get():
        return x

    cell = get.__closure__[0]
    s = 0
    for i in range(n):
        x += 1
        s += cell.cell_contents
        if i == n // 2:
            cell.cell_contents = -5
    return s, x


def three_levels(n):
    a = 0

    def outer():
        b = 0

        def inner():
            nonlocal a, b
            for i in range(n):
                a += 1
                b += 2
            return a, b

        return inner(), b

    return outer(), a


for function in (
    counter, loop_in_inner, captured_loop_variable, changed_by_callee, deleted_cell,
    deleted_own_cell, cell_contents, three_levels,
):
    print(function.__name__, function(3000))
