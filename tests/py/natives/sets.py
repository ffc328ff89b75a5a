# jit-expect: residual == 0
# jit-expect: compile >= 4
# Sets in hot loops.


def members(n):
    s = {1, 5, 7, 900}
    f = frozenset(["a", "b", (1, 2)])
    hits = 0
    for i in range(n):
        if i in s:
            hits += 1
        if i % 10 not in s:
            hits += 10
        if (1, 2) in f:
            hits += 100
        if i in f:
            hits += 1000
    return hits


def added(n):
    seen = set()
    double = 0
    for i in range(n):
        k = i * i % 101
        if k in seen:
            double += 1
        seen.add(k)
    return double, sorted(seen)[:5]


def algebra(n):
    a = {1, 2, 3}
    b = {2, 3, 4}
    total = 0
    for i in range(n):
        total += len(a & b) + len(a | b) + len(a - b) + len(a ^ b)
        if a < b or a <= b or a == b:
            total += 1000
        total += a.issubset(b)
        total += len(a.union(b))
    return total


def comprehension(n):
    total = 0
    for i in range(n):
        total += len({x % 3 for x in range(i % 7)})
    return total


print(members(4000))
print(added(2400))
print(algebra(1600))
print(comprehension(1200))
