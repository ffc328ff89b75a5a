# The outer loop calls what the compiler does not see through, some of which looks at the frame.
import sys


def peek(name):
    return sys._getframe(1).f_locals[name]


def poke(name, value):
    sys._getframe(1).f_locals[name] = value


def run(n):
    s = k = 0
    seen = []
    for i in range(n):
        for j in range(50):
            s += j ^ k
        if i % 10 == 0:
            seen.append(peek("s"))
        if i == n // 2:
            poke("k", 7)
        if i == n // 2 + 20:
            poke("k", 1.5)
            break
    for j in range(50):
        s = s + k
    return s, k, sum(seen) & 0xFFFF, len(seen)


class Loud:
    log = []

    def __del__(self):
        Loud.log.append(len(Loud.log))


def drops(n):
    out = 0
    for i in range(n):
        x = Loud()
        for j in range(30):
            out += j
        out += len(Loud.log)
    return out


print(run(300), drops(100))
