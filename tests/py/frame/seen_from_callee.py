# sys._getframe from a callee: locals and line of a frame in a hot loop, and that it is in the call.
import sys


def look(log, when):
    frame = sys._getframe(1)
    values = dict(frame.f_locals)
    if when:
        shown = {k: v for k, v in sorted(values.items()) if not isinstance(v, list)}
        log.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, shown, in_call(frame)))


def in_call(frame):
    # (Whether a waiting frame stands at its call or at the end of that depends on how often it has run.)
    code = frame.f_code.co_code
    at = frame.f_lasti
    return any(code[k] in CALLS for k in range(at - 6, at + 1, 2))


CALLS = {code for name, code in __import__("opcode").opmap.items() if name.startswith("CALL")}


def ints(n):
    log = []
    s = 0
    for i in range(n):
        s += i
        t = s * 2
        look(log, i % 1000 == 999)
        s -= 1
    return log


def floats(n):
    log = []
    x = 0.5
    for i in range(n):
        y = x * 0.5
        look(log, i % 1000 == 1)
        x = y + i
    return log


def on_two_lines(n):
    log = []
    a, b = 1, 2
    for i in range(n):
        a, b = b, a + 1
        look(log, i == n - 1)
        a = (
            a
            + (look(log, i == n - 1) or 0)
        )
    return log


def unbound(n):
    log = []
    for i in range(n):
        if i == n - 2:
            late = i * 10
        look(log, i > n - 4)
    return log


def big(n):
    log = []
    x = 2**63 - 2000
    for i in range(n):
        x += 1
        look(log, i in (1998, 1999, 2000, 2001, n - 1))
    return log


def names_only(n):
    c = 0
    names = set()
    for i in range(n):
        z = i
        names.add(tuple(sys._getframe().f_locals))
        c += sys._getframe().f_lineno
    return names, c


for function in (ints, floats, on_two_lines, unbound, big):
    for row in function(3000):
        print(row)
print(names_only(2000))
