# Float loops whose every bit matters.
# jit-expect: compile >= 1


def logistic(n):
    x = 0.3
    for _ in range(n):
        x = 3.9 * x * (1.0 - x)
    return x


def mandelbrot(size, limit):
    total = 0
    for row in range(size):
        for column in range(size):
            cr = 3.0 * column / size - 2.0
            ci = 2.0 * row / size - 1.0
            zr = zi = 0.0
            n = 0
            while n < limit and zr * zr + zi * zi <= 4.0:
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                n += 1
            total += n
    return total


def newton(value, n):
    x = value
    for _ in range(n):
        x = 0.5 * (x + value / x)
    return x


def leibniz(n):
    s = 0.0
    sign = 1.0
    k = 0
    while k < n:
        s += sign / (2 * k + 1)
        sign = -sign
        k += 1
    return 4.0 * s


def euler(n):
    x, v = 1.0, 0.0
    dt = 1.0 / 1024.0
    for _ in range(n):
        a = -x
        v += a * dt
        x += v * dt
    return x, v, x * x + v * v


print(repr(logistic(10000)))
print(mandelbrot(24, 50))
print(repr(newton(2.0, 2000)), repr(newton(1e300, 2000)))
print(repr(leibniz(10000)))
print(*map(repr, euler(8000)))
