# locals(), vars(), dir(), f_locals written to, and exec with locals in hot loops.
import sys


def snapshots(n):
    s = 0
    log = []
    for i in range(n):
        s += i
        if i % 1000 == 500:
            log.append(sorted((k, v) for k, v in locals().items() if k != "log"))
    return log


def every_time(n):
    x = 0.25
    total = 0
    for i in range(n):
        x = x + i
        total += len(locals())
        if locals()["x"] != x or locals()["i"] != i:
            print("wrong", i)
    return total, x


def independent(n):
    x = 1
    first = locals()
    for i in range(n):
        x += 1
    return first["x"], locals()["x"], x


def write_through(n):
    x = 0
    for i in range(n):
        x += 1
        if i == n // 2:
            sys._getframe().f_locals["x"] = 10000
    return x


def written_by_callee(n):
    def change(i):
        if i == n // 2:
            sys._getframe(1).f_locals["x"] = 0.5
        if i == n * 3 // 4:
            sys._getframe(1).f_locals["n2"] = 7

    x = 0
    n2 = 1
    for i in range(n):
        change(i)
        x += n2
    return repr(x)


def dirs(n):
    c = 0
    for i in range(n):
        c += len(dir()) + len(vars())
    return c


def exec_reads(n):
    s = 0
    for i in range(n // 10):
        s += eval("i * 2 + s")
        s %= 1000003
        exec("ignored = i")
    return s, "ignored" in locals()


for function in (
    snapshots, every_time, independent, write_through, written_by_callee, dirs, exec_reads
):
    print(function.__name__, function(3000))
