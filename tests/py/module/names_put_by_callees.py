# Module-level names that callees write and delete; one code object with several globals.
# jit-expect: compile >= 1

import sys
x = 0; y = 1.0; n = 5000
def kill(): 
    global y
    del y
def put(v):
    global y, x
    y = v; x = v
for i in range(n):
    x += 1
    y = y * 1.0001
    if i == 2000: put(3)
    if i == 2500: put(2.5)
    if i == 2700: put('s') ; put(1)
    if i % 1000 == 999: print(x, y, i, list(globals())[-6:])
print(x, y)
try:
    for i in range(n):
        x += i
        if i == 4000: kill()
        y = y + 1
except NameError as e:
    print(e, x, i)
i = 0
while i < n:
    i += 1
    a = i * 2
    b = a + i
    if i == 3000:
        len = lambda o: 42
    c = len([1, 2])
    if i == 4000:
        del len
print(a, b, c, i)
k = 0
while k < 4000:
    k += 1
    if k == 3500:
        globals().clear.__call__ if False else None
    t = k
    globals()['t2'] = t
    u = t2 is t
print(u, t2, t)
code = compile('''
s = 0
for i in range(m):
    s += i * f
    w = s
''', 'c', 'exec')
for f in (1, 1.5, True, 2, 10**20, 3):
    g = {'m': 3000, 'f': f}
    exec(code, g)
    print(g['s'], g['w'] is g['s'], list(g)[1:])
for f in (1, 1.5, 2):
    g = {'m': 3000, 'f': f}; l = {}
    exec(code, g, l)
    print(l, 's' in g)
class D(dict):
    def __missing__(self, k): 
        if k == 'm': return 3000
        if k == 'f': return 5
        raise KeyError(k)
g = {}; l = D()
exec(code, {'m': 3000, 'range': range}, l)
print(l)
