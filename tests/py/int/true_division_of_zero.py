# Zero divided by a negative int, the sign of the result included.
def run(n):
    out = set()
    for i in range(n):
        a = i % 3 - 1
        b = i % 2 * 2 - 1
        out.add(repr(a / b))
        out.add(repr(a * 0 / b))
    return sorted(out)


print(run(5000))
