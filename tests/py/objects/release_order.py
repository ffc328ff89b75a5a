# Destructors run between the same two statements as without the JIT.
# jit-expect: compile >= 1

class N:
    log = []
    def __init__(self, k): self.k = k
    def __del__(self): N.log.append(self.k)
def one(n):
    l = [None, None]
    for i in range(n):
        x = N(i)
        l[i & 1] = x
        N.log.append('a')
        x = None
        N.log.append('b')
        y = l[1 - (i & 1)]
        l[1 - (i & 1)] = i
        N.log.append('c')
        y = i
        N.log.append('d')
    return N.log
import hashlib
r = one(4000); print(hashlib.md5(repr(r).encode()).hexdigest(), r[:12], r[-9:]); N.log = []
def two(n):
    a = N('start')
    for i in range(n):
        b = a
        a = i
        N.log.append(i) if i == 0 else None
        b = i + 1
        if i < 3: N.log.append(('x', i))
    return N.log
print(two(3000)); N.log = []
print(two(3)); N.log = []
def three(n, l):
    s = 0
    for i in range(n):
        e = l[i]
        if e is not None: s += 1
        l[i] = None
        if i % 1000 == 0: N.log.append(('t', i))
        e = None
        if i % 1000 == 1: N.log.append(('u', i))
    return s, hashlib.md5(repr(N.log).encode()).hexdigest()
print(three(4000, [N(i) for i in range(4000)])); N.log = []
g = N('g')
for i in range(4000):
    h = g
    if i == 2000: g = 5; N.log.append('re')
    if i == 2002: N.log.append('later')
    k = i
print(N.log)
def ret_exc(n):
    for i in range(n):
        try:
            o = N(i)
            if i % 3 == 0: raise ValueError(o)
            o = i // (i % 5)
        except ValueError as e:
            N.log.append('v')
        except ZeroDivisionError:
            N.log.append('z')
        N.log.append('n')
    return hashlib.md5(repr(N.log).encode()).hexdigest(), len(N.log)
N.log = []
print(ret_exc(3000))
def gen(n):
    for i in range(n):
        o = N(i) if i % 100 == 0 else i
        yield i
N.log = []
print(sum(gen(3000)), N.log[:5], len(N.log))
