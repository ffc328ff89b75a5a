# Callees that write and read a loop's locals; deleted locals; 200 locals.
# jit-expect: compile >= 1

import sys
def poke(name, v):
    sys._getframe(1).f_locals[name] = v
def f(n):
    x = 0
    y = 1.5
    for i in range(n):
        x += 1
        y = y + 0.5
        z = x * 2
        if i % 700 == 3:
            poke('x', 100000)
        if i % 700 == 5:
            poke('y', 7)
        if i % 700 == 6:
            poke('z', 'str')
            print(z, x, y, i)
        if i % 900 == 5:
            poke('i', -1)
            print(i)
        w = x + i
    return x, y, z, w, i
print(f(5000))
def read(names):
    d = sys._getframe(1).f_locals
    return [d.get(k) for k in names]
def g(n):
    a = 0; b = 0.0; out = []
    for i in range(n):
        a += i
        b += a
        c = a
        if i % 1111 == 0: out.append(read('abcdi'))
        d = a is c
    return out
print(g(5000))
def dele(n):
    out = 0
    for i in range(n):
        x = i
        y = i * 2
        out += x + y
        del x
        if i % 1000 == 999:
            try: x
            except UnboundLocalError as e: print(e)
        del y
    return out
print(dele(5000))
def dele2(n):
    x = 1
    i = 0
    try:
        while i < n:
            i += 1
            x += 1
            if i == n - 3: del x
    except UnboundLocalError as e:
        return i, str(e)
print(dele2(5000))
src = "def big(n):\n" + "".join(f"    v{k} = {k}\n" for k in range(200)) + "    for i in range(n):\n" + "".join(f"        v{k} = v{(k*7+1)%200} + {k%5}\n" if k % 3 else f"        v{k} = (v{(k*11+5)%200} ^ i) & 65535\n" for k in range(200)) + "    return [" + ", ".join(f"v{k}" for k in range(200)) + "]\n"
ns = {}
exec(src, ns)
r = ns['big'](1500)
import hashlib
print(sum(r), hashlib.md5(repr(r).encode()).hexdigest())
src2 = "def big2(n):\n" + "".join(f"    v{k} = {k}.5\n" for k in range(200)) + "    for i in range(n):\n" + "".join(f"        v{k} = v{(k*7+1)%200} * 0.5 + {k%5}\n" for k in range(200)) + "    return [" + ", ".join(f"v{k}" for k in range(200)) + "]\n"
exec(src2, ns)
print(hashlib.md5(repr(ns['big2'](1500)).encode()).hexdigest())
