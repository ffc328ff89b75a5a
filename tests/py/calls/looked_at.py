# Called functions that look at frames, and frames that are looked at while they call.
import sys


def add(x):
    return x + 1


def who(x):
    return sys._getframe(1).f_code.co_name if x % 1000 == 7 else x


def line(x):
    return sys._getframe(1).f_lineno if x % 500 == 3 else add(x)


def run(n):
    out = []
    s = 0
    for i in range(n):
        s = add(s)
        w = who(i)
        if w != i:
            out.append(w)
        s += line(i)
    return s, out


print(run(4000))

events = []


def tracer(frame, event, arg):
    events.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer


def traced(n):
    s = 0
    for i in range(n):
        s = add(s)
        if i == n - 3:
            sys.settrace(tracer)
    sys.settrace(None)
    return s


print(traced(3000), events)

profile = []


def profiled(n):
    s = 0
    for i in range(n):
        if i == n - 2:
            sys.setprofile(lambda frame, event, arg: profile.append((event, frame.f_code.co_name)))
        s = add(s)
    sys.setprofile(None)
    return s


print(profiled(3000), [p for p in profile if p[1] in ("add", "profiled")])
