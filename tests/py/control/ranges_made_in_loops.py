# jit-expect: compile >= 9
# Loops inside loops: their ranges are made by compiled code, and those that go round a few times
# only become part of the loop around them.
import sys
import threading
import traceback


def rounds(n, m):
    count = 0
    for x in range(n):
        for y in range(m):
            count += x ^ y
    return count


def forms(n):
    total = 0
    for i in range(n):
        for j in range(i & 7):
            total += j
        for j in range(i & 3, i & 15):
            total += 2 * j
        for j in range(20, i & 7, -3):
            total ^= j
        for j in range(3, -2):
            total += 1000
        for j in range(-(i & 3), i & 3, 2):
            total -= j
    return total


def growing(n):
    # The inner loop goes round once for long, then more and more often.
    total = 0
    for i in range(n):
        for j in range(1 + max(0, i - 9000) // 40):
            total += j + 1
    return total


def wild(n, bounds):
    total = 0
    for i in range(n):
        start, stop, step = bounds[i % len(bounds)]
        for j in range(start, stop, step):
            total += j & 0xFF
            if j & 1:
                break
    return total


def zero(n, at):
    total = 0
    for i in range(n):
        for j in range(0, 5, i - at):
            total += j
    return total


def kept(n):
    # Who keeps the iterator sees it go on.
    rest = []
    for i in range(n):
        it = iter(range(i, i + 5))
        for j in it:
            if j & 1:
                break
        if i % 1000 == 3:
            rest.append(list(it))
    return rest


def looked_at(n):
    seen = []
    for i in range(n):
        for j in range(2):
            if i % 1500 == 7:
                frame = sys._getframe()
                seen.append((frame.f_lineno - frame.f_code.co_firstlineno, sorted(frame.f_locals)))
    return seen


def raising(n):
    total = 0
    for i in range(n):
        for j in range(3):
            total += 100 // (i - n + 1 + (j != 2))
    return total


def deep(n):
    total = 0
    for a in range(n):
        for b in range(2):
            for c in range(a & 1, 3):
                for d in range(c):
                    total += a + b * c - d
    return total


def replaced(n, at):
    total = 0
    for i in range(n):
        if i == at:
            globals()["range"] = lambda stop: iter([100] * stop)
        for j in range(2):
            total += j
    del globals()["range"]
    return total


def yields(n):
    for i in range(n):
        for j in range(i & 3):
            yield j


for m in (1, 2, 3, 10, 0, 50):
    print(m, rounds(4000, m))
print(forms(4000))
print(growing(10000))
big = 1 << 63
print(wild(3000, [(0, 5, 1), (big - 3, big - 1, 1), (-big, -big + 9, 4), (5, big, 1 << 62), (3, big + 5, big)]))
print(wild(3000, [(True, 5, True), (0, 7, 2)]))
for at in (3000, 3999):
    try:
        print(zero(4000, at))
    except ValueError:
        traceback.print_exc(file=sys.stdout)
print(kept(4000))
print(looked_at(4000))
try:
    print(raising(4000))
except ZeroDivisionError:
    traceback.print_exc(file=sys.stdout)
print(deep(600))
try:
    print(replaced(4000, 3000))
except TypeError as error:
    print(error)
print(sum(yields(5000)))

total = 0
for i in range(4000):
    for j in range(3):
        total += i - j
print(total)

results = []
threads = [threading.Thread(target=lambda: results.append(rounds(3000, 2))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(results)
