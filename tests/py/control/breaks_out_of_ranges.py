# jit-expect: compile >= 1
# jit-expect: residual == 0
# The range that a `break` leaves is let go of in compiled code, whoever else has it.


def first_divisor(n):
    found = 0
    for i in range(2, n):
        for k in range(2, i):
            if i % k == 0:
                found += k
                break
        else:
            found -= 1
    return found


def kept(n):
    total = 0
    left = []
    for i in range(n):
        rest = iter(range(i))
        for k in rest:
            if k > 12:
                total += k
                break
        if i % 500 == 499:
            left.append(rest)
    return total, [list(rest)[:3] for rest in left]


print(first_divisor(3000))
print(kept(3000))
