# Signal handlers run inside hot loops: timers, alarms and raise_signal.
# jit-expect: compile >= 1
import os
import signal
import sys

hits = 0


def handler(number, frame):
    global hits
    hits += 1


signal.signal(signal.SIGALRM, handler)
signal.signal(signal.SIGUSR1, handler)


def until_alarm():
    n = 0
    while hits == 0:
        n += 1
    return n > 0


signal.setitimer(signal.ITIMER_REAL, 0.1)
print(until_alarm(), hits)


def until_local_flag():
    flag = []

    def stop(number, frame):
        flag.append(type(frame).__name__)

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    i = 0
    while True:
        i += 1
        if flag:
            return flag


print(until_local_flag())


class Stop(Exception):
    pass


def raises(number, frame):
    raise Stop(number)


def interrupted():
    x = 0
    while True:
        x ^= 1


def interrupted_pass():
    while True:
        pass


def interrupted_for():
    for i in range(10**12):
        pass


def interrupted_nested():
    while True:
        for i in range(100):
            for j in range(100):
                pass


signal.signal(signal.SIGALRM, raises)
for function in (interrupted, interrupted_pass, interrupted_for, interrupted_nested):
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        function()
    except Stop as e:
        print(function.__name__, repr(e))


def raise_signals(n):
    global hits
    hits = 0
    seen = []
    for i in range(n):
        if i % 500 == 499:
            signal.raise_signal(signal.SIGUSR1)
            seen.append(hits)
    return seen


print(raise_signals(3000))


def kill_self(n):
    global hits
    hits = 0
    for i in range(n):
        if i % 1000 == 0:
            before = hits
            os.kill(os.getpid(), signal.SIGUSR1)
            while hits == before:
                pass
    return hits


print(kill_self(3000))


def locals_in_handler(n):
    found = []

    def look(number, frame):
        values = sys._getframe(1).f_locals
        found.append((sys._getframe(1).f_code.co_name, values.get("i"), values.get("j")))

    signal.signal(signal.SIGUSR1, look)
    for i in range(n):
        j = i + 1
        if i == n - 2:
            signal.raise_signal(signal.SIGUSR1)
            j = 0
    return found


print(locals_in_handler(3000))


def periodic():
    ticks = []
    signal.signal(signal.SIGALRM, lambda number, frame: ticks.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    n = 0
    while len(ticks) < 5:
        n += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return len(ticks) >= 5 and n > 0


print(periodic())
