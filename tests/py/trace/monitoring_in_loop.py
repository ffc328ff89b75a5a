# sys.monitoring turned on inside a running hot loop.
# jit-expect: compile >= 1
import sys

M = sys.monitoring
TOOL = M.DEBUGGER_ID
E = M.events
M.use_tool_id(TOOL, "test")
counts = {}
lines = []


def note(name):
    def callback(code, *args):
        if code.co_name in ("loop", "callee"):
            counts[name] = counts.get(name, 0) + 1
            if name == "LINE":
                lines.append(args[0] - code.co_firstlineno)

    return callback


WANTED = [name for name in ("LINE", "JUMP", "BRANCH_LEFT", "BRANCH_RIGHT", "PY_START", "PY_RETURN", "CALL") if hasattr(E, name)]
print(WANTED)
for name in WANTED:
    M.register_callback(TOOL, getattr(E, name), note(name))


def callee(i):
    return i + 1


def loop(n, on, off, mask):
    s = 0
    for i in range(n):
        if i == on:
            M.set_events(TOOL, mask)
        if i == off:
            M.set_events(TOOL, 0)
        if i % 3:
            s += callee(i)
        else:
            s -= 1
    return s


for name in WANTED:
    print(name, loop(3000, 2000, 2100, getattr(E, name)), sorted(counts.items()), lines[:12])
    counts.clear()
    lines.clear()

everything = 0
for name in WANTED:
    everything |= getattr(E, name)
print(loop(2000, 1990, 5000, everything))
M.set_events(TOOL, 0)
print(sorted(counts.items()))
counts.clear()
print(loop(2000, -1, -1, 0), counts)


def local_events(n):
    def loop(n):
        s = 0
        for i in range(n):
            s += i
            if i == n - 5:
                M.set_local_events(TOOL, loop.__code__, E.LINE)
        return s

    r = loop(n)
    M.set_local_events(TOOL, loop.__code__, 0)
    return r


print(local_events(2000), sorted(counts.items()))
counts.clear()


def disabling(code, line):
    if code.co_name == "loop":
        counts["once"] = counts.get("once", 0) + 1
        return M.DISABLE


M.register_callback(TOOL, E.LINE, disabling)
print(loop(2000, 1000, 5000, E.LINE), counts)
M.set_events(TOOL, 0)
M.free_tool_id(TOOL)
print(loop(2000, -1, -1, 0))
