# threading.settrace and sys.settrace in one thread leave others alone.
# jit-expect: compile >= 1
import sys
import threading

events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name == "traced":
        events.append(event)
        return tracer


def traced(n):
    s = 0
    for i in range(n):
        s += i
    return s


def worker(out):
    sys.settrace(tracer)
    out.append(traced(20))
    sys.settrace(None)
    out.append(traced(2000))


print(traced(3000))
out = []
t = threading.Thread(target=worker, args=(out,))
t.start()
s = 0
for i in range(5000):
    s += i
t.join()
print(out, s, len(events), events[:3], events[-1])
print(traced(3000), len(events))
