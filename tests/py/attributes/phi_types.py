# jit-expect: compile >= 1
# A local is a truth value on one path around the loop and some other element on the next.


def last(xs, n):
    out = []
    for i in range(n):
        if i < 8:
            for j in range(-8, 8):
                b = xs[j]
        out.append(b)
    return out


for values in ([0, 1, -1, 2.5, 1 << 40, -0.0, True, 1 << 65], [True, None] * 4, [1.5, True] * 4):
    print(last(values, 40))


def counts(n):
    # A store into a list while another element waits on the value stack.
    import sys

    xs = [9, 1.5, -9]
    for i in range(n):
        xs[2], d = i % 7, xs[1]
    return sys.getrefcount(d) == sys.getrefcount(xs[1]), xs, d


print(counts(100))
print(counts(5000))
