# sys._jit exists and answers with bools; what it answers is not printed, so
# that the output is that of stock.
import sys

jit = getattr(sys, "_jit", None)
kinds = set()
if jit is not None:
    for name in ("is_available", "is_enabled", "is_active"):
        kinds.add(type(getattr(jit, name)()).__name__)


def loop(n):
    s = 0
    active = set()
    for i in range(n):
        s += i
        active.add(type(sys._jit.is_active()).__name__)
    return s, sorted(active)


print(sorted(kinds), loop(3000))
print(sys.implementation.name, sys.version_info[:2])
