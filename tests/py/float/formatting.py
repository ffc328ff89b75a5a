# Results of a loop shown by repr, str, format and f-strings.
# jit-expect: compile >= 1


def values(n):
    x = 1.0
    out = []
    for i in range(n):
        x = x * 1.1 - 0.05
        if x > 1e12:
            x = 1e-7
        if i % 250 == 0:
            out.append(x)
    return out


for x in values(5000):
    print(repr(x), str(x), f"{x:.3f}", f"{x:e}", f"{x:g}", "%.5g" % x, format(x, "12.4f"), round(x, 2))


def inside(n):
    total = 0
    last = ""
    for i in range(n):
        last = f"{i:5d}|{i / 8:.2f}|{i / 3!r}|{-i:+}"
        total += len(last)
    return total, last


print(inside(2500))
print(repr(1e16), repr(1e15), repr(0.1 + 0.2), repr(1e-5), repr(123456789.0), repr(2.0**63))
