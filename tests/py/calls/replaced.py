# Functions, their code, defaults and globals that change while a loop calls them.
# jit-expect: compile >= 1
def f(x):
    return x + 1


def g(x):
    return x + 1000


def h(x, y=2):
    return x * y


def run(n):
    global f
    s = 0
    for i in range(n):
        s += f(i) + h(i, 3)
        if i == n // 4:
            f.__code__ = (lambda x: x - 5).__code__
        if i == n // 3:
            h.__defaults__ = (9,)
        if i == n // 2:
            f = g
        if i == n * 3 // 4:
            f = lambda x: x * 2
        if i == n * 7 // 8:
            f = len
            break
    return s


print(run(8000))

scale = 2


def scaled(x):
    return x * scale


def count(x):
    global calls
    calls = calls + 1
    return x


calls = 0


def globals_change(n):
    global scale
    s = 0
    for i in range(n):
        s += scaled(i) + count(i)
        if i == n // 2:
            scale = 3
        if i == n * 3 // 4:
            scale = 0.5
    return s


print(globals_change(8000), calls)

spaces = [{}, {}]
for n, space in enumerate(spaces):
    space["k"] = n + 1
code = compile("def f(x):\n    return x * k\n", "same code", "exec")
for space in spaces:
    exec(code, space)


def two_worlds(n):
    s = 0
    for i in range(n):
        w = spaces[i % 2]["f"]
        s += w(i)
    return s


print(two_worlds(6000))
