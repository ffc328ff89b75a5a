# Loops in generators, closures and near the recursion limit; shared range iterators.
# jit-expect: compile >= 1

def g(n):
    a, b = 0, 1
    for i in range(n):
        got = yield a
        if got: a = got
        a, b = b, (a + b) & 0xFFFF
def inner(n):
    s = 0
    for i in range(n):
        for j in range(i % 20):
            s += j
        yield s
        k = 0
        while k < 10:
            k += 1
            s ^= k
def mk(n):
    fs = []
    c = 0
    for i in range(n):
        c += 1
        def h(x, i=i): 
            nonlocal c
            c += x
            return c
        if i % 100 == 0: h(i); fs.append(h)
    return c, [f(1) for f in fs][:5]
print(sum(g(5000)), list(inner(2000))[-3:], mk(3000))
def drive():
    it = g(4000); next(it); s = 0
    for i in range(3000):
        s += it.send(i if i % 50 == 0 else None)
    it.close()
    return s
print(drive())
def rec(d, n):
    s = 0
    for i in range(n):
        s += i
        if i == n - 1 and d: s += rec(d - 1, n)
    return s
print(rec(50, 200), rec(5, 3000))
import sys
def deep(d):
    s = 0
    for i in range(60):
        s += i
        if i == 30:
            s += deep(d + 1)
    return s
for lim in (200, 300):
    sys.setrecursionlimit(lim)
    try: deep(0)
    except RecursionError as e: print(e)
    d = 0; tb = None
    try: deep(0)
    except RecursionError as e:
        tb = e.__traceback__
        while tb: d += 1; tb = tb.tb_next
    print(d)
    for _ in range(50):
        try: deep(0)
        except RecursionError: pass
sys.setrecursionlimit(1000)
def y_in_try(n):
    for i in range(n):
        try:
            x = i * 2
            yield x
        except ValueError:
            yield -1
        finally:
            x += 1
it = y_in_try(4000); s = 0
for v in it:
    s += v
    if v % 1000 == 0: s += it.throw(ValueError)
print(s)
r = range(10).__iter__()
def share(it, n):
    s = 0
    for i in it:
        s += i
        if i % 1000 == 7: s += next(it, 0)
        if i == 4000: it.__setstate__(4500)
    return s
print(share(iter(range(5000)), 1), share(iter(range(10**15, 10**15 + 5000)), 1), share(iter(range(5000, -5000, -3)), 1))
