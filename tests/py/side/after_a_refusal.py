# jit-expect: record_start >= 1
# The helper that reads an int refuses one that is too large; the side path that such an exit
# leads to asks helpers again, which do not refuse: what they give away would be lost.
# (Compiled only where that is asked for: most of the loop stays with the interpreter.)
import sys


def counts(a, b, c):
    last = [0]
    found = []
    for _ in range(3000):
        a, b, c = b, c, a + 9
        found.append(last[0])
        last[0] = b
    return {sys.getrefcount(x) for x in found[:-4] if x > 1 << 64}


print(counts(1 << 70, 1 << 70, 9))
