# jit-expect: compile >= 1
# Locals that are copied around a loop keep their values at its exits.
def rotate(n):
    a, b, c = 1, 2, 3
    i = 0
    while i < n:
        a, b, c = b, c, a + b - c
        i += 1
    return a, b, c


def four(n):
    a, b, c, d = 10**6, 2 * 10**6, 3.5, 4
    for i in range(n):
        a, b, c, d = d, a, b, c
    return a, b, c, d


print(rotate(2000), rotate(2001), rotate(2002))
print(four(2000), four(2001), four(2003))
