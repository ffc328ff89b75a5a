# sys.setprofile turned on and off inside a running hot loop.
import sys

events = []


def profiler(frame, event, arg):
    name = getattr(arg, "__name__", None) if event.startswith("c_") else None
    events.append((frame.f_code.co_name, event, name))


def callee(i):
    return abs(i) + 1


def loop(n, on, off):
    s = 0
    for i in range(n):
        if i == on:
            sys.setprofile(profiler)
        if i == off:
            sys.setprofile(None)
        s += callee(i) + len("ab")
    return s


for on, off in ((2000, 2003), (0, 1), (2998, 5000)):
    print(loop(3000, on, off))
    sys.setprofile(None)
    for event in events:
        print(" ", *event)
    events.clear()


def by_callee(n):
    s = 0
    for i in range(n):
        switch(i)
        s += i
    return s


def switch(i):
    if i == 1500:
        sys.setprofile(profiler)
    if i == 1504:
        sys.setprofile(None)


print(by_callee(2500))
for event in events:
    print(" ", *event)
