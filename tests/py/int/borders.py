# Operations at the borders of ints and floats.
# jit-expect: compile >= 1

import math
inf = float('inf'); nan = float('nan')
def run(vals, n):
    out = []
    a = vals[0]; b = vals[1]
    k = len(vals)
    for i in range(n):
        a = vals[i % k]
        b = vals[(i * 7 + 3) % k]
        r = []
        lt = a < b; le = a <= b; eq = a == b; ne = a != b; gt = a > b; ge = a >= b
        mn = min(a, b); mx = max(a, b)
        neg = -a
        t = 1 if a else 0
        if i % 37 == 0: out.append((i, lt, le, eq, ne, gt, ge, mn, mx, neg, t))
    return hash(repr(out)) if False else repr(out)
import hashlib
V = [0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 5e-324, 1.7e308, 2.0**53, 2.0**63]
I = [0, 1, -1, 2**31, -2**31, 2**53, 2**53 + 1, 2**63 - 1, -2**63, 2**63, 2**64, 10**30]
for v in (V, I, V + I, [True, 1, 0, False, 1.0, -0.0]):
    print(hashlib.md5(run(v, 4000).encode()).hexdigest())
def arith(vals, n):
    out = []
    k = len(vals)
    for i in range(n):
        a = vals[i % k]; b = vals[(i // k) % k]
        for op in range(7):
            try:
                if op == 0: r = a + b
                elif op == 1: r = a - b
                elif op == 2: r = a * b
                elif op == 3: r = a / b
                elif op == 4: r = a // b
                elif op == 5: r = a % b
                else: r = abs(a) ** 0.5 if a == a else a
            except (ZeroDivisionError, OverflowError) as e:
                r = str(e)
            out.append(r)
    return hashlib.md5(repr(out).encode()).hexdigest()
for v in (V, I, V + I): print(arith(v, 1500))
def powers(n):
    s = 0; p = 1; f = 1.0; z = []
    for i in range(n):
        p = p * 3
        f = f * 1.9
        s += p & 0xFFFF
        if i % 300 == 0: z.append((i % 7) ** (i % 30)); z.append(f)
        q = (i % 5) ** (i % 26)
        w = (-2) ** (i % 63)
        s ^= q ^ w
    return s & (2**64 - 1), hash(p), f, z
print(powers(3000))
def sums(n):
    s = 2**62; t = -2**62; f = 0.1; h = 0
    for i in range(n):
        s += i * 2**50
        t -= i * 2**50
        h = (h * 31 + i) & 0xFFFFFFFFFFFFFFFF
        f += i / 3
    return s, t, h, f
print(sums(5000))
def shifts(n):
    s = 0
    for i in range(n):
        s ^= (1 << (i % 70)) | (i >> (i % 70)) | ((-i) >> (i % 65))
    return s
print(shifts(4000))
def conv(n):
    x = 0.0; c = 0
    for i in range(n):
        x = x * 1.5 + 1
        try: c = int(x)
        except OverflowError as e: x = -x if x < 0 else -1.0
        y = math.floor(x / 3) + math.ceil(x / 7) if abs(x) < 1e300 else 0
        c ^= y
    return c, x
print(conv(5000))
def nz(n):
    z = 0.0; o = []
    for i in range(n):
        z = -z
        w = z * i
        v = z + 0.0
        u = z - 0.0
        t = 0.0 - z
        if i % 501 == 0: o.append((z, w, v, u, t))
    return o
print(nz(4000))
