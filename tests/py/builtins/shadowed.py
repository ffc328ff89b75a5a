# Builtins that are shadowed or patched while a loop that uses them runs.
# jit-expect: compile >= 1
import builtins


def global_shadow(n):
    xs = [1, 2, 3]
    s = 0
    for i in range(n):
        s += len(xs)
        if i == n // 2:
            globals()["len"] = lambda x: 100
        if i == n * 3 // 4:
            del globals()["len"]
    return s


print(global_shadow(4000))


def patched(n):
    real = builtins.abs
    s = 0
    try:
        for i in range(n):
            s += abs(-1)
            if i == n // 2:
                builtins.abs = lambda x: 1000
            if i == n * 3 // 4:
                builtins.abs = real
    finally:
        builtins.abs = real
    return s


print(patched(4000))


def patched_by_callee(n):
    real = builtins.max

    def change(i):
        if i == n // 2:
            builtins.max = min

    s = 0
    for i in range(n):
        change(i)
        s += max(1, 2)
    builtins.max = real
    return s


print(patched_by_callee(4000))


def deleted_builtin(n):
    real = builtins.min
    s = 0
    try:
        for i in range(n):
            s += min(1, 2)
            if i == n // 2:
                del builtins.min
    except NameError as e:
        return s, str(e)
    finally:
        builtins.min = real


print(deleted_builtin(4000))


def local_shadow(n):
    s = 0
    for i in range(n):
        if i < 10 or i > n - 10:
            int = float
        s += int(1.5)
    return s


print(local_shadow(3000))


def shadowed_range(n):
    def range(*a):
        return [5, 6]

    s = 0
    for _ in [0] * n:
        for i in range(100):
            s += i
    return s


print(shadowed_range(2000))


def new_builtin(n):
    s = 0
    for i in range(n):
        if i == n // 2:
            builtins.appears = 50
        try:
            s += appears
        except NameError:
            s += 1
    del builtins.appears
    return s


print(new_builtin(3000))


def exec_with_own_builtins(n):
    code = "s = 0\nfor i in range(%d):\n    s += len('abc')\n" % n
    scope = {"__builtins__": {"range": range, "len": lambda x: 7}}
    exec(code, scope)
    other = {}
    exec(code, other)
    return scope["s"], other["s"]


print(exec_with_own_builtins(2500))
