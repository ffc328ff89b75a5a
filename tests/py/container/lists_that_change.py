# Lists that grow, shrink, change their elements' types and are replaced in loops.
# jit-expect: compile >= 1

def grow(n):
    l = [0]
    for x in l:
        if len(l) < n:
            l.append(x + 1)
    return len(l), l[-1]
def shrink(n):
    l = list(range(n)); out = 0
    for x in l:
        out += x
        if x % 3 == 0: l.pop()
    return out, len(l)
def idx(n):
    l = [0] * 10; s = 0
    for i in range(n):
        s += l[i % len(l)]
        l[i % 10] = i
        if i % 1000 == 999: l[i % 10] = float(i)
        if i % 1500 == 7: l.append(2**80); 
        if i % 1700 == 7: l[3] = True
    return s, l
def clear(n):
    l = [1, 2, 3]; s = 0
    try:
        for i in range(n):
            s += l[1]
            if i == n - 5: l.clear()
    except IndexError as e: return s, i, str(e)
def replace(n):
    l = list(range(16)); s = 0
    for i in range(n):
        if i % 1000 == 500: l = [x + 1 for x in l]
        if i % 1000 == 700: l = tuple(l)
        if i % 1000 == 900: l = list(l)
        s += l[i & 15]
    return s
class Noisy:
    log = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.log.append(self.k)
def dels(n):
    l = [None] * 4; s = 0
    for i in range(n):
        s += i
        if i % 500 == 0:
            l[i // 500 % 4] = Noisy(i)
        if i % 500 == 250:
            l[i // 500 % 4] = s
            Noisy.log.append(('after', i))
        x = l[i & 3]
    return s, len(Noisy.log)
def dels2(n):
    l = [Noisy(i) for i in range(n)]
    x = None
    for i in range(n):
        x = l[i]
        l[i] = i
        if i % 500 == 0: Noisy.log.append(('now', i))
    return Noisy.log[:]
def dels3(n):
    l = [Noisy(i) for i in range(n)]
    order = []
    k = 0
    for i in range(n):
        k += i
        l[i] = k
        if len(Noisy.log) != i + 1: order.append((i, len(Noisy.log)))
    return order[:5], len(order)
def neg(n):
    l = [1.0, 2.0, 3.0]; s = 0.0
    for i in range(-n, n):
        s += l[i % -3]
        l[-(i % 3) - 1] = s % 7
    return s, l
def nest(n):
    m = [[i * j for i in range(8)] for j in range(8)]; s = 0
    for i in range(n):
        m[i & 7][i >> 3 & 7] += i
        s += m[i >> 2 & 7][i & 7]
    return s, m
def same(n):
    l = [10**6] * 3; a = l[0]
    for i in range(n):
        l[1] = l[0]
        l[2] = l[1]
        b = l[2]
        c = b
    return a is b, b is c, l[0] is l[2]
print(grow(5000), shrink(5000), idx(6000), clear(5000), replace(5000))
print(dels(6000), Noisy.log); Noisy.log.clear()
import hashlib
print(hashlib.md5(repr(dels2(5000)).encode()).hexdigest()); Noisy.log.clear()
print(dels3(4000)); Noisy.log.clear()
print(neg(3000), nest(5000), same(4000))
def bools(n):
    fl = [True] * n
    for r in range(5):
        for i in range(n):
            fl[i] = False
        for i in range(n):
            fl[i] = True
        for i in range(n):
            fl[i] = not fl[i]
        fl = list(fl)
    return fl.count(True), fl.count(False)
print(bools(5000))
