# Negation and abs() of the smallest int64, whose result has no int64.


def negate(values, n):
    total = 0
    out = {}
    for i in range(n):
        v = values[i % len(values)]
        w = -v
        total += w
        out[v] = (w, -w, abs(v), abs(w), -abs(v))
    return total, out


edge = [-(2**63), 2**63 - 1, -(2**63) + 1, 0, 1, -1, 2**63, -(2**63) - 1]
for key, value in negate(edge, 4000)[1].items():
    print(key, value)
print(negate(edge, 4001)[0])


def rarely():
    hits = 0
    for i in range(5000):
        x = i - 2500
        if i == 4000:
            x = -(2**63)
        y = -x
        z = abs(x)
        if y == 2**63 and z == 2**63:
            hits += 1
    return hits, y, z


print(rarely())


def flip():
    x = -(2**63)
    seen = set()
    for i in range(3001):
        x = -x
        seen.add(x)
    return sorted(seen), x


print(flip())
