# An exception that ends the program in the middle of a compiled loop.
# jit-expect: compile >= 1
# jit-exit: 1


def inner(x, n):
    s = 0
    for i in range(n):
        s += (
            i
            //
            (x - i)
        )
    return s


def outer(n):
    print("start")
    return inner(
        n - 5,
        n,
    )


outer(4000)
