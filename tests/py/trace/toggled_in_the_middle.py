# Tracing, profiling, monitoring, timers and collections in the middle of a loop.
# jit-expect: compile >= 1

import sys, signal, time, gc
def f(n, at):
    s = 0
    for i in range(n):
        s += i
        if i == at: on()
        if i == at + 50: off()
        s ^= 3
    return s
events = []
def tr(frame, ev, arg):
    events.append((ev, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals.get('s')))
    return tr
def on(): sys.settrace(tr); sys._getframe(1).f_trace = tr
def off(): sys.settrace(None); sys._getframe(1).f_trace = None
print(f(4000, 3000)); print(len(events), events[:12], events[-3:]); events.clear()
print(f(4000, 3500)); print(len(events), events[-6:]); events.clear()
def prof(frame, ev, arg): events.append((ev, frame.f_code.co_name))
def on(): sys.setprofile(prof)
def off(): sys.setprofile(None)
print(f(4000, 3000)); print(len(events), events[:6], events[-3:]); events.clear()
hits = 0
def h(sig, fr):
    global hits
    hits += 1
signal.signal(signal.SIGALRM, h)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
def busy(k):
    s = 0; f = 0.0
    while hits < k:
        s += 1
        f += 0.5
        if s * 0.5 != f: print('bad', s, f); break
    return s * 0.5 == f
print(busy(20))
signal.setitimer(signal.ITIMER_REAL, 0)
class E(Exception): pass
def h2(sig, fr):
    d = sys._getframe(1).f_locals
    raise E(d["s"] - d["t"] in (0, 1))
signal.signal(signal.SIGALRM, h2)
def busy2():
    s = 0; t = 0
    while True:
        s += 1
        t += 1
for _ in range(10):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try: busy2()
    except E as e: print(e.args, e.__traceback__.tb_next is not None)
class N:
    c = 0
    def __del__(self): N.c += 1
def cyc(n):
    s = 0
    for i in range(n):
        a = N(); a.me = a
        s += i
        a = None
    gc.collect()
    return s, N.c
print(cyc(3000))
if hasattr(sys, 'monitoring'):
    m = sys.monitoring; m.use_tool_id(3, 't'); L = []
    m.register_callback(3, m.events.LINE, lambda c, l: L.append(l - f.__code__.co_firstlineno))
    m.register_callback(3, m.events.JUMP, lambda c, a, b: L.append('j'))
    def on(): m.set_events(3, m.events.LINE | m.events.JUMP)
    def off(): m.set_events(3, 0)
    print(f(4000, 3000)); print(len(L), L[:10], L[-3:])
    def on(): m.set_local_events(3, f.__code__, m.events.LINE)
    def off(): m.set_local_events(3, f.__code__, 0)
    L.clear(); print(f(4000, 3000)); print(len(L), L[:10], L[-3:])
