# jit-expect: compile >= 2
# A function that compiled code calls is replaced, its defaults and code are, and what it reads is.
import gc


def down(n):
    if n == 0:
        return base
    return down(n - 1) + 1


def twice(n):
    if n == 0:
        return 0
    return twice(n - 1) + 2


base = 0
out = []
for i in range(300):
    base = i
    out.append(down(12))
print(out[::50])
base = "text"
try:
    down(3)
except TypeError as e:
    print(e)
base = 1.5
print(down(12))

for _ in range(200):
    twice(15)
old = twice


def twice(n):
    return -100


print(old(15), twice(15))
twice = old
print(twice(15))
old.__code__ = (lambda n: 7).__code__
print(twice(15))
del twice, old
gc.collect()


def use(values):
    total = 0
    for n in values:
        total += down(n)
    return total


base = 3
print(use([5] * 3000))
values = [5] * 3000
down, kept = (lambda n: n), down
print(use(values), kept(5))
base = 10
down = kept
print(use(values))
