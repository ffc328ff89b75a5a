# Loops in exec'd code with dictionaries of its own, and in class bodies.
# jit-expect: compile >= 1

SOURCE = """
total = start
i = 0
while i < n:
    total += step
    i += 1
"""
code = compile(SOURCE, "loop", "exec")

for start, step, n in ((0, 1, 3000), (5, 0.5, 3000), (2**63 - 100, 1, 2000), (True, True, 2000)):
    scope = {"start": start, "step": step, "n": n}
    exec(code, scope)
    print(repr(scope["total"]), scope["i"])

g = {"start": 1, "step": 2}
l = {"n": 2500}
exec(code, g, l)
print(sorted(k for k in g if k != "__builtins__"), sorted(l.items()))


class Mapping(dict):
    reads = 0

    def __getitem__(self, key):
        Mapping.reads += 1
        return dict.__getitem__(self, key)


m = Mapping(n=1200, start=0, step=3)
exec(code, {}, m)
print(m["total"], Mapping.reads)


class Body:
    total = 0
    for i in range(4000):
        total += i % 3
        if i == 2000:
            late = total
    while total > 0:
        total -= 7


print(Body.total, Body.i, Body.late)


class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases):
        return Logging()

    def __new__(cls, name, bases, namespace):
        return type.__new__(cls, name, bases, dict(namespace))


class Logging(dict):
    sets = 0

    def __setitem__(self, key, value):
        Logging.sets += 1
        dict.__setitem__(self, key, value)


class Prepared(metaclass=Meta):
    t = 0
    for j in range(1500):
        t += j


print(Prepared.t, Logging.sets)

function_scope = {}
exec("""
def f(n):
    global counter
    counter = 0
    for i in range(n):
        counter += 1
    return counter
""", function_scope)
print(function_scope["f"](3000), function_scope["counter"])
counter = "ours"
print(function_scope["f"](2000), function_scope["counter"], counter)

s = 0
for k in range(300):
    s += eval("k * 2 + s % 3")
    exec("s += 1")
print(s)
