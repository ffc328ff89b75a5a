# When an exception that crossed a call, and what its traceback holds, is released.
import weakref, gc
log = []
class D:
    def __init__(self, n): self.n = n
    def __del__(self): log.append(('del', self.n))
def make(n): return D(n)
def use(d): log.append(('use', d.n)); return d.n
def local(n):
    d = make(n)
    e = D(n + 1000)
    use(d)
    log.append('before')
    return e.n
def drop(n):
    use(make(n))
    log.append('after')
    return None
def passon(d): return use(d)
def arg(n):
    r = passon(D(n))
    log.append('arg')
    return r
def exc(n):
    d = D(n)
    raise ValueError(n)
def catch(n):
    try:
        exc(n)
    except ValueError as e:
        log.append('caught')
    log.append('out')
def mk(n):
    d = D(n)
    def f(x): return x + d.n
    return f
def clos(n):
    r = mk(n)(1)
    log.append('clos')
    return r
def resurrect(n):
    w = weakref.ref(D(n), lambda r: log.append('wr'))
    log.append(w() is None)
def fin(n):
    try:
        d = D(n)
        return use(d)
    finally:
        log.append('finally')
def loop(n):
    for i in range(n):
        local(i); drop(i); arg(i); catch(i); clos(i); resurrect(i); fin(i)
        log.append('iter')
for k in range(5):
    loop(12)
    print(len(log)); print(log); log.clear()
for i in range(30):
    local(i); drop(i); arg(i); catch(i); clos(i); fin(i)
print(log)
