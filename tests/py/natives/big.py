# jit-expect: residual == 0
# jit-expect: compile >= 3
# Integers that do not fit a register.


def factorial(n):
    x = 1
    for i in range(1, n):
        x = x * i
    return x


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def mixed(n):
    x = 1 << 100
    total = 0
    for i in range(n):
        x = (x * 5 + i) % ((1 << 127) - 1)
        total += x & 255
        if x > 1 << 126:
            total += 1
        y = x >> 90
        total ^= y
    return total, x


def powers(n):
    total = 0
    for i in range(n):
        total += pow(3, 100 + i % 5) // (1 << 140)
        total += divmod(1 << 80, i + 3)[1]
    return total


print(factorial(1500) % 10**30)
print(fibonacci(3000) % 10**30)
print(mixed(3000))
print(powers(2000))
