# What raises in the inner and in the outer loop, with its lines.
# jit-exit: 1
import traceback


def run(n, stop, outer):
    s = 0
    for i in range(n):
        d = stop - i
        for j in range(40):
            s += j // (
                d
                or (0 if j < 30 else 0)
            )
        if i == outer:
            raise ValueError(
                s
            )
    return s


for args in [(100, 200, 90), (100, 70, 200), (100, 200, 200)]:
    try:
        print(run(*args))
    except (ValueError, ZeroDivisionError):
        traceback.print_exc()


def caught(n):
    s = 0
    for i in range(n):
        for j in range(30):
            try:
                s += 100 // ((i + j) % 17)
            except ZeroDivisionError:
                s -= 1
    return s


print(caught(300))
run(200, 150, 300)
