# Exceptions of every kind late in a loop, with their tracebacks.
# jit-expect: compile >= 1

import traceback, sys
def at(kind, n, lst, d):
    s = 0
    f = 0.5
    for i in range(n):
        s += i
        f = f * 1.0000001
        if i == n - 1:
            if kind == 0: s = s / (i - i)
            if kind == 1: s = s // (i - i)
            if kind == 2: s = s % 0
            if kind == 3: s = lst[i]
            if kind == 4: lst[i] = s
            if kind == 5: s = lst[-i]
            if kind == 6: s = undefined_name
            if kind == 7: s = d['k']
            if kind == 8: s = s << -1
            if kind == 9: s = s + "a"
            if kind == 10: s = -lst
            if kind == 11: s = len(5)
            if kind == 12: s = "a" < 5
            if kind == 13: a, b = lst
            if kind == 14: s = f // 0.0
            if kind == 15: s = f % 0.0
            if kind == 16: s = f / 0
            if kind == 17: s = int(float('inf'))
            if kind == 18: s = int(float('nan'))
            if kind == 19: raise KeyError(s)
            if kind == 20: assert s < 0, s
            if kind == 21: del zz; zz = 1
            if kind == 22: s = s >> -1
            if kind == 23: s = 0.0 ** -1
            if kind == 24: s = (10.0 ** 308) ** 10
            if kind == 25: s = ~f
            if kind == 26: s = f & 1
            if kind == 27: s = zz2; zz2 = 1
    return s
for k in range(28):
    for n in (3, 3000):
        try:
            print(k, n, at(k, n, [1, 2, 3], {}))
        except Exception:
            traceback.print_exc(file=sys.stdout)

def vary(div, n):
    out = []
    for i in range(n):
        try:
            q = i // div[i % 7]
            r = i % div[(i + 1) % 7]
            t = i / div[(i + 2) % 7]
        except ZeroDivisionError as e:
            out.append(e.__traceback__.tb_lineno)
        else:
            if i % 500 == 0:
                out.append((q, r, t))
        finally:
            q = r = t = None
    return out
def vary2(d, n):
    s = 0
    c = [0, 0]
    i = 0
    while i < n:
        try:
            while i < n:
                i += 1
                s += 100 // d[i & 7]
        except ZeroDivisionError:
            c[0] += 1
        except IndexError:
            c[1] += 1
    return s, c, i
print(len(vary([1, 2, 0, 3, 4, 0, 5], 5000)), vary([1, 2, 3, 3, 4, 1, 5], 5000)[:20])
print(vary2([1, 2, 3, 4, 5, 6, 7, 8], 5000), vary2([1, 2, 3, 0, 5, 6, 7, 8], 5000), vary2([1, 2, 3, 4, 5, 6, 7], 5000))
