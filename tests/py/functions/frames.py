# jit-expect: compile >= 3
# Who looks at the frames of callers that compiled code has called sees all of them.
import sys
import traceback


def divide(n):
    double = n * 2
    if n == 0:
        return double // n
    return divide(n - 1) + double


def deep(n):
    return deep(n + 1) + 1


def look(n, flag):
    square = n * n
    if n == 3 and flag:
        frame, seen = sys._getframe(), []
        for _ in range(4):
            numbers = {name: frame.f_locals[name] for name in ("n", "flag", "square")}
            seen.append((frame.f_code.co_name, frame.f_lineno, numbers))
            frame = frame.f_back
        return seen
    if n > 0:
        return look(n - 1, flag)
    return [square]


def caught(n):
    if n == 0:
        return 0
    return 1 + caught(n - 1)


def length(exception):
    tb, count = exception.__traceback__, 0
    while tb is not None:
        count, tb = count + 1, tb.tb_next
    return count


for _ in range(70):
    try:
        divide(40)
    except ZeroDivisionError as e:
        last = e
print(length(last))
traceback.print_exception(last, limit=4, file=sys.stdout)

for limit in (120, 200, 500):
    sys.setrecursionlimit(limit)
    for _ in range(20):
        try:
            deep(0)
        except RecursionError as e:
            last = e
    print(limit, length(last), last)
sys.setrecursionlimit(400)
print([caught(n) for n in (10, 100, 390)])
try:
    caught(400)
except RecursionError as e:
    print(e)

for _ in range(80):
    look(20, 0)
print(look(20, 1), look(9, True))
