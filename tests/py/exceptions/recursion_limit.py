# RecursionError comes at exactly the same depth, with hot loops on the way.
# jit-expect: compile >= 1
import sys


def plain(depth):
    try:
        return plain(depth + 1)
    except RecursionError:
        return depth


def with_loop(depth):
    s = 0
    for i in range(5):
        s += i
    try:
        return with_loop(depth + 1)
    except RecursionError:
        return depth, s


deepest = 0


def uncaught(depth):
    global deepest
    deepest = depth
    total = 0
    for i in range(3):
        total += i
        if i == 2:
            total += uncaught(depth + 1)
    return total


def in_hot_loop(n):
    global deepest
    seen = set()
    for i in range(n):
        try:
            uncaught(0)
        except RecursionError as e:
            seen.add((deepest, str(e)))
    return sorted(seen)


print(plain(0))
print(with_loop(0))
print(in_hot_loop(12))
for limit in (100, 250, 600):
    sys.setrecursionlimit(limit)
    print(limit, plain(0), with_loop(0), in_hot_loop(20))
sys.setrecursionlimit(1000)


def limit_changed_in_loop(n):
    out = []
    for i in range(n):
        if i % 1000 == 0:
            sys.setrecursionlimit(150 + i // 10)
            out.append(plain(0))
    sys.setrecursionlimit(1000)
    return out


print(limit_changed_in_loop(4000))
