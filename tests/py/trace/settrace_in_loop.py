# sys.settrace turned on and off inside a running hot loop.
# jit-expect: compile >= 1
import sys

events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name not in ("loop", "callee", "module_loop"):
        return None
    events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals.get("i")))
    return tracer


def callee(i):
    return i + 1


def loop(n, on, off):
    s = 0
    for i in range(n):
        if i == on:
            sys.settrace(tracer)
            sys._getframe().f_trace = tracer
        if i == off:
            sys.settrace(None)
        s += i
        if i % 2:
            s = callee(s)
    return s


for on, off in ((2000, 2004), (0, 2), (2998, 5000), (1500, 1501)):
    print(loop(3000, on, off))
    sys.settrace(None)
    for event in events:
        print(" ", *event)
    events.clear()


def loop(n, *unused):
    s = 0
    i = 0
    while i < n:
        s += i
        turn_on(i)
        i += 1
    return s


def turn_on(i):
    # Turned on by a callee: the running frame has no trace function of its own.
    if i == 2500:
        sys.settrace(tracer)
    if i == 2503:
        sys.settrace(None)


print(loop(3000))
print(len(events), events[:10])
events.clear()


def local_only(n):
    s = 0
    lines = []

    def local(frame, event, arg):
        lines.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return local

    sys.settrace(lambda *a: None)
    for i in range(n):
        s += i
        if i == n - 3:
            sys._getframe().f_trace = local
    sys.settrace(None)
    return s, lines


print(local_only(2000))


def traced_from_start(n):
    s = 0
    for i in range(n):
        s += i
    return s


count = 0


def counting(frame, event, arg):
    global count
    count += 1
    return counting


sys.settrace(counting)
r = traced_from_start(2500)
sys.settrace(None)
print(r, count)
print(traced_from_start(2500), count)


def raising_tracer(frame, event, arg):
    if event == "line" and frame.f_locals.get("i") == 1200:
        raise KeyError("from the tracer")
    return raising_tracer


sys.settrace(raising_tracer)
try:
    traced_from_start(3000)
except KeyError as e:
    print(repr(e))
sys.settrace(None)
