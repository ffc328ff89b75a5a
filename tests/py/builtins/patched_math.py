# Attributes of the math module that change while a loop uses them.
# jit-expect: compile >= 1
import math


def sqrt_replaced(n):
    real = math.sqrt
    s = 0.0
    for i in range(n):
        s += math.sqrt(4.0)
        if i == n // 2:
            math.sqrt = lambda x: 100.0
        if i == n * 3 // 4:
            math.sqrt = real
    math.sqrt = real
    return s


print(sqrt_replaced(4000))


def constant_replaced(n):
    real = math.pi
    c = 0
    for i in range(n):
        if math.pi == real:
            c += 1
        if i == n // 2:
            math.pi = 3
    math.pi = real
    return c


print(constant_replaced(4000))


def deleted(n):
    real = math.sin
    c = 0
    try:
        for i in range(n):
            math.sin(0.5)
            c += 1
            if i == n // 2:
                del math.sin
    except AttributeError as e:
        return c, str(e)
    finally:
        math.sin = real


print(deleted(4000))


def module_replaced(n):
    global math
    real = math

    class Fake:
        @staticmethod
        def sqrt(x):
            return -1.0

    s = 0.0
    for i in range(n):
        s += math.sqrt(9.0)
        if i == n // 2:
            math = Fake
    math = real
    return s


print(module_replaced(4000))


def restored_equal(n):
    # The same function under the same name again: nothing may be lost.
    s = 0.0
    for i in range(n):
        s += math.cos(0.0)
        if i % 500 == 499:
            f = math.cos
            math.cos = abs
            math.cos = f
    return s


print(restored_equal(4000))
