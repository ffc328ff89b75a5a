# jit-expect: residual == 0
# jit-expect: compile >= 8
# Dictionaries in hot loops: looked up, stored into, asked, iterated, made by comprehensions.


def counts(words, n):
    found = {}
    for i in range(n):
        w = words[i % len(words)]
        if w in found:
            found[w] += 1
        else:
            found[w] = 1
    return sorted(found.items())


def by_int(n):
    d = {}
    for i in range(n):
        d[i] = i * i
    total = 0
    for i in range(n):
        total += d[i]
        d[i] = total
    return total, d[n - 1], len(d)


def by_tuple(n):
    d = {(x, y): x * y for x in range(10) for y in range(10)}
    total = 0
    for i in range(n):
        k = (i % 10, i // 10 % 10)
        total += d[k]
        d[k] = total % 97
    return total, d[3, 4]


def asked(n):
    d = {"a": 1, 2: "two", 2.5: "x"}
    hits = 0
    missing = 0
    for i in range(n):
        if d.get("a") == 1:
            hits += 1
        if d.get(i) is None:
            missing += 1
        hits += d.get(i, 5) == "two"
        if i % 7 not in d:
            missing += 1
    return hits, missing


def grouped(n):
    d = {}
    for i in range(n):
        d.setdefault(i % 13, []).append(i)
    return {k: len(v) for k, v in d.items()}


def replaced(n):
    # What is replaced is an object that others hold, or that nobody else does.
    d = {"k": [0]}
    kept = []
    for i in range(n):
        old = d["k"]
        d["k"] = [i, old[0]]
        if i % 50 == 0:
            kept.append(old)
    return d["k"], len(kept), kept[-1]


def iterated(n):
    d = {i: str(i) for i in range(10)}
    out = 0
    for _ in range(n):
        for k in d:
            out += k
        for v in d.values():
            out += len(v)
        for k, v in d.items():
            out += k * len(v)
    return out


def same_objects(n):
    # A key and a value that locals have, too, are the same objects in the dictionary.
    d = {}
    same = 0
    for i in range(n):
        key = i * 1000003
        value = i * 0.5
        d[key] = value
        same += d[key] is value
        last = key
    same += list(d)[-1] is last
    return same, len(d)


print(counts(["a", "b", "c", "a"], 2400))
print(by_int(2000))
print(by_tuple(2400))
print(asked(2400))
print(grouped(2400))
print(replaced(2400))
print(iterated(800))
print(same_objects(2400))
