# Lists, globals and destructors in loops of several threads.
# jit-expect: compile >= 1

import threading, sys
def work(l, n, res, k):
    s = 0
    for i in range(n):
        try: s += l[i % 50]
        except IndexError: pass
        f = s * 0.5
    res[k] = (f == s * 0.5)
def mut(l, n):
    for i in range(n):
        l.append(i); 
        if len(l) > 60: l.clear()
        try: l[3] = i
        except IndexError: pass
l = list(range(50)); res = {}
ts = [threading.Thread(target=work, args=(l, 20000, res, k)) for k in range(3)] + [threading.Thread(target=mut, args=(l, 8000))]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(res.items()))
g = 0
def inc(n):
    global g
    for i in range(n):
        g = i
def rd(n, out):
    for i in range(n):
        x = g
        if not 0 <= x < n: out.append(x)
out = []
ts = [threading.Thread(target=inc, args=(10000,)), threading.Thread(target=rd, args=(10000, out))]
for t in ts: t.start()
for t in ts: t.join()
print(out)
# (Assigning to the class here would race with looking `__del__` up, in stock, too.)
dead = []
class N:
    def __del__(self):
        dead.append(1)
def objs(l, n):
    for i in range(n):
        x = l[i & 3]
        l[i & 3] = N()
        y = x is None
ll = [None] * 4
ts = [threading.Thread(target=objs, args=(ll, 3000)) for _ in range(3)]
for t in ts: t.start()
for t in ts: t.join()
del ll[:]; ts.clear()
print(len(dead))
def swap(l, n):
    for i in range(n):
        a = l[0]; b = l[1]
        l[0] = b; l[1] = a
        c = a if a == b else b
l2 = [1000001, 2000002.5]
ts = [threading.Thread(target=swap, args=(l2, 10000)) for _ in range(3)]
for t in ts: t.start()
for t in ts: t.join()
print(all(x in (1000001, 2000002.5) for x in l2))
