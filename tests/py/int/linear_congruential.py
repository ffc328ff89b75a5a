# Generators of pseudo-random numbers: nothing but int64 operations, so nothing
# may be left to the interpreter.
# jit-expect: compile >= 1
# jit-expect: abort == 0
# jit-expect: residual == 0


def minimal(seed, n):
    x = seed
    for _ in range(n):
        x = x * 16807 % 2147483647
    return x


def schrage(seed, n):
    for _ in range(n):
        hi = seed // 127773
        lo = seed % 127773
        seed = 16807 * lo - 2836 * hi
        if seed <= 0:
            seed += 2147483647
    return seed


print(minimal(1, 10000))
print(schrage(1, 10000))
