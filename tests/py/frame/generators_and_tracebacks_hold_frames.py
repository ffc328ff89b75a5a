# Frames kept alive by tracebacks, generators and f_back chains keep true values.
# jit-expect: compile >= 1
import sys


def kept_by_traceback(n):
    s = 0
    x = 0.5
    try:
        for i in range(n):
            s += i
            x = x * 0.5 + i
            y = 1 // (n - 1 - i)
    except ZeroDivisionError as e:
        values = e.__traceback__.tb_frame.f_locals
        return values["s"] == s, values["i"], repr(values["x"]), values["y"]


def frame_of_finished(n):
    s = 0
    frame = sys._getframe()
    for i in range(n):
        s += i
    return frame


def frame_of_generator(n):
    def g():
        s = 0
        for i in range(n):
            s += i
            if i % 1000 == 999:
                yield i

    it = g()
    out = []
    for v in it:
        out.append((v, it.gi_frame.f_locals["s"], it.gi_frame.f_lineno - it.gi_code.co_firstlineno, it.gi_running))
    return out, it.gi_frame


def chain(n):
    def deep(k):
        if k:
            return deep(k - 1)
        f = sys._getframe()
        names = []
        while f.f_code.co_name != "chain":
            names.append(f.f_locals.get("k"))
            f = f.f_back
        return names, f.f_locals["i"], f.f_locals["s"]

    s = 0
    for i in range(n):
        s += i
        if i % 700 == 0:
            out = deep(3)
    return out


print(kept_by_traceback(3000))
f = frame_of_finished(3000)
print(f.f_locals["s"], f.f_locals["i"], f.f_lineno - f.f_code.co_firstlineno)
print(frame_of_generator(3000))
print(chain(3000))
