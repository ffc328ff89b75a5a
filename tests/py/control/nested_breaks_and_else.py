# Four nested loops, else, try and with around continue and break.
# jit-expect: compile >= 1

def f4(n):
    out = 0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    if d > a and c == b:
                        break
                    if d == c:
                        continue
                    out += a * b - c * d
                else:
                    out += 1
            else:
                out ^= b
        if a == n - 2:
            continue
    else:
        out += 7
    return out
def whiles(n):
    i = 0; out = []
    while i < n:
        j = 0
        while True:
            j += 1
            if j > i % 13:
                break
            if j % 3 == 0:
                continue
            k = 0
            while k < j:
                k += 2
            else:
                if k & 4:
                    out.append(k)
        else:
            out.append(None)
        i += 1
    else:
        out.append('e')
    return len(out), sum(x for x in out[:-1])
def fin(n):
    log = []
    s = 0
    for i in range(n):
        try:
            if i % 100 == 99: continue
            if i == n - 10: break
            s += i
        finally:
            s -= 1
            if i % 1000 == 0: log.append((i, s))
    else:
        log.append('no')
    return log, s
class CM:
    def __init__(self): self.n = 0; self.e = []
    def __enter__(self): self.n += 1; return self.n
    def __exit__(self, t, v, tb):
        if t: self.e.append((t.__name__, tb.tb_lineno))
        return t is ZeroDivisionError
def withs(n):
    cm = CM(); s = 0
    for i in range(n):
        with cm as k:
            s += k
            if i % 997 == 5: s //= (i - i)
            if i % 1500 == 7: continue
            s += 1
    return s, cm.n, cm.e
def ret(n):
    for i in range(n):
        for j in range(n):
            try:
                if i * j > 20000: return i, j
            finally:
                j += 1
print(f4(9), f4(13), whiles(800), fin(5000), withs(5000), ret(400))
def many(n):
    tot = 0
    for i in range(n):
        for j in range(3):
            tot += i * j
        for j in range(i % 5):
            tot -= j
        for x in (1, 2.5, 3):
            tot += x
        k = 5
        while k:
            k -= 1
            tot += k
    return tot
print(many(4000))
