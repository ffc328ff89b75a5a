# Global names changed by a function that the loop calls, and by global statements.
# jit-expect: compile >= 1

flag = 0
limit = 3000
values = [1, 2, 3]


def change(i):
    global flag, limit, values
    flag += 1
    if i == 1500:
        flag = 0.5
        values = (10, 20, 30)
    if i == 2000:
        limit = 2500


def loop():
    s = 0
    i = 0
    while i < limit:
        change(i)
        s += flag + values[i % 3]
        i += 1
    return repr(s), i, flag


print(loop())


def own_globals():
    global counter, total
    counter = total = 0
    while counter < 4000:
        counter += 1
        total += counter
    return counter, total


print(own_globals(), counter, total)


def deletes():
    global gone
    gone = 1
    s = 0
    try:
        for i in range(3000):
            s += gone
            if i == 2000:
                del gone
    except NameError as e:
        return s, str(e)


print(deletes())


def function_replaced():
    global helper

    def one(x):
        return x + 1

    def two(x):
        return x + 2

    helper = one
    s = 0
    for i in range(3000):
        s = helper(s)
        if i == 1500:
            helper = two
        if i == 2000:
            helper.__code__ = one.__code__
        if i == 2500:
            helper = abs
    return s


print(function_replaced())


class Config:
    step = 1


def class_attribute():
    s = 0
    for i in range(3000):
        s += Config.step
        if i == 1000:
            Config.step = 5
        if i == 2000:
            Config.step = 0.25
    return repr(s)


print(class_attribute())


def defaults(n):
    def f(a, b=1):
        return a + b

    s = 0
    for i in range(n):
        s = f(s)
        if i == n // 2:
            f.__defaults__ = (10,)
    return s


print(defaults(3000))


def same_globals_twice(name, n):
    space = {"x": 0}
    exec(f"def f():\n    global x\n    for i in range({n}):\n        x += i % 3\n    return x", space)
    return space["f"](), space["f"](), space["x"]


print(same_globals_twice("a", 2000), same_globals_twice("b", 1500))
