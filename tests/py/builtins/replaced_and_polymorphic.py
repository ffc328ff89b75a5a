# Builtins, functions of math and the class of a module replaced in a loop; values of many types.
# jit-expect: compile >= 1

import math, builtins, sys, types, weakref
def a1(n, x):
    for i in range(n):
        m = max(x, x); k = min(0, i - i)
    return m is x, k
print(a1(4000, 5), a1(4000, 5000), a1(3000, 1.5))
def mathmod(n):
    s = 0.0
    for i in range(n):
        s += math.sqrt(i)
        if i == 2000: math.sqrt = lambda v: 1000
        if i == 3000: math.sqrt = orig
    return s
orig = math.sqrt
print(mathmod(5000))
def sqm(n):
    s = 0
    for i in range(n):
        try: s += math.sqrt(i - 3)
        except ValueError as e: s -= 1
        try: s += math.log(n - i - 5)
        except ValueError as e: s += 0.5
        try: s += math.pow(i, 100)
        except OverflowError: s += 2
        try: s += math.fmod(i, i % 100)
        except ValueError: s += 3
        try: s += math.floor(i * 1e300) % 7
        except OverflowError: s += 4
        s = s % 1000.5
    return s
print(sqm(4000))
class M(types.ModuleType):
    @property
    def sqrt(self): return lambda v: -1
try:
    math.__class__ = M
    print(sqm(2000))
    math.__class__ = types.ModuleType
except TypeError as e: print(e)
def blt(n):
    s = 0
    for i in range(n):
        s += len('abc') + abs(-i)
        if i == 2000: builtins.len = lambda o: 77
        if i == 2500: del builtins.abs
    return s
ol, oa = len, abs
try: print(blt(5000))
except NameError as e: print(e)
builtins.len, builtins.abs = ol, oa
def shadow(n):
    s = 0
    for i in range(n):
        s += len('abc')
        if i == 2000: globals()['len'] = lambda o: 5
        if i == 3000: del globals()['len']
    return s
print(shadow(4000))
class I(int):
    def __add__(self, o): return 'added'
    def __index__(self): return 1
class F(float): pass
class L(list):
    def __getitem__(self, i): return 'item'
    def __setitem__(self, i, v): pass
    def __len__(self): return 99
def poly(n, vals):
    out = []
    for i in range(n):
        v = vals[i % len(vals)]
        try: w = v + 1
        except TypeError as e: w = 'E'
        try: u = v[0]
        except (TypeError, KeyError): u = 'U'
        try: z = len(v)
        except TypeError: z = 'Z'
        t = 1 if v else 0
        nn = v is None
        if i % 301 == 0: out.append((w, u, z, t, nn))
    return out
print(poly(4000, [1, 2.5, True, None, I(3), F(1.5), [1, 2], L([1, 2]), 'st', (7,), {}, 2**70]))
print(poly(4000, [1] * 3000 + [L([1])] * 50 + [I(4)] * 50))
def unb(n):
    for i in range(n):
        if i > 2000: x = i
        try: y = x + 1
        except UnboundLocalError: y = -1
        if i % 1000 == 0: print(y)
        if i == 3500: del x
unb(5000)
class W: pass
def wk(n):
    log = []
    objs = [W() for _ in range(8)]
    refs = [weakref.ref(o, lambda r: log.append('gone')) for o in objs]
    for i in range(n):
        x = objs[i % len(objs)]
        if i == 3000: objs[3] = None; log.append(('set', i))
        if i == 3003: log.append(('x', i, x is None))
        y = x
    return log, sum(r() is not None for r in refs)
print(wk(4000))
class C:
    tot = 0
    for q in range(4000):
        tot = tot + q
        half = tot / 2
    def f(self): return self.tot
print(C().f(), C.half, C.q)
def cmp(n):
    r = 0
    for i in range(n):
        if 5 < i < 4000 and i != 77: r += 1
        if not (i <= 3 or i >= 100): r += 2
        x = 1 if i & 1 else None
        if x is not None: r += 3
        y = x or 5
        z = y and x
        if z is None: r += 5
        if (i > 5) == (i < 100): r += 7
        if (i > 5) is True: r += 11
        r += (i > 7) + (i < 9) * 2 - True
        r ^= (i > 3) & (i < 1000) | (i == 5)
    return r
print(cmp(5000))
def nanc(n):
    nan = float('nan'); c = 0; m = 1e999 - 1e999; x = 0.0
    for i in range(n):
        m = 1e999 * 0
        if nan == nan: c += 1
        if nan != nan: c += 2
        if not nan < 1: c += 3
        if nan: c += 5
        x = min(nan, i); y = min(i, nan); z = max(nan, 1.0)
        if x == x: c += 7
        if y == y: c += 11
        if z == z: c += 13
    return c, m
print(nanc(3000))
def matchs(n):
    s = 0
    for i in range(n):
        match i % 6:
            case 0: s += 1
            case 1 | 2: s += 2
            case x if x > 4: s += x
            case _: s -= 1
        if (w := i * 2) % 3: s += w
        s += [1, 2, 3][i % 3] + (4, 5)[i & 1] + len(f'{i}')
        a, *b = (i, i + 1, i + 2)
        s += b[1]
        (p, q), r = (i, 1), 2
        s += p * q * r
    return s
print(matchs(4000))
def strs(n):
    s = ''; t = 0
    for i in range(n):
        c = 'abcdef'[i % 6]
        if c == 'c': s += c
        elif c > 'c': t += ord(c)
        if s and len(s) > 40: s = s[3:]
    return s, t
print(strs(4000))
def lst2(n):
    q = [[i] for i in range(5)]; o = 0
    for i in range(n):
        r = q[i % 5]
        r[0] = r[0] + i
        o += q[(i + 1) % 5][0]
        q[0], q[1] = q[1], q[0]
        q[i % 5] = r
    return o, q
print(lst2(3000))
def delitem(n):
    d = {i: i for i in range(n)}; l = list(range(n)); s = 0
    while d:
        k, v = d.popitem(); s += v
        del l[-1]
        if len(l) % 1000 == 0 and l: s += l[len(l) // 2]
    return s, l
print(delitem(4000))
