# Subtraction across both ends of 64 bits.
# jit-expect: compile >= 1


def below(start, step, n):
    x = start
    marks = []
    for i in range(n):
        before = x
        x = x - step
        if (before >= -(2**63)) != (x >= -(2**63)) or (before < 2**63) != (x < 2**63):
            marks.append((i, before, x))
    return x, marks


print(below(-(2**63) + 3000, 1, 6000))
print(below(2**63 + 3000, 1, 6000))
print(below(2**62, 2**52, 5000))
print(below(-(2**62), -(2**52), 5000))
print(below(0, -(2**63), 3000))
print(below(0, 2**63, 3000))


def min_minus_one():
    count = 0
    low = -(2**63)
    for i in range(3000):
        x = low - (i & 1)
        if x < low:
            count += 1
    return count, x


print(min_minus_one())
