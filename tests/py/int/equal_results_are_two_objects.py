# The optimizer may compute equal values once; they are two objects all the same.
# jit-expect: compile >= 1


def twice(n):
    for i in range(n):
        a = i * 1000
        b = i * 1000
        c = a + 0
        d = a
    return a is b, a is c, a is d


print(twice(3000))
