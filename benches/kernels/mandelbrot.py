# The Mandelbrot set: floats in three nested loops.
import sys
import time


def kernel(size, limit):
    inside = 0
    for y in range(size):
        ci = 2.0 * y / size - 1.0
        for x in range(size):
            cr = 2.0 * x / size - 1.5
            zr = zi = 0.0
            for _ in range(limit):
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                if zr * zr + zi * zi > 4.0:
                    break
            else:
                inside += 1
    return inside


start = time.perf_counter()
result = kernel(120, 100)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
