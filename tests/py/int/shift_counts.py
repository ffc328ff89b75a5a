# Shifts by negative, zero, large and huge counts.
# jit-expect: compile >= 1


def right(value, n):
    out = 0
    for i in range(n):
        out += value >> (i % 130)
    return out


for value in (1, -1, 0, 12345678901234567, -12345678901234567, 2**63 - 1, -(2**63), 2**100):
    print(value, right(value, 3000))


def negative_counts(n):
    errors = {}
    for i in range(n):
        k = i % 4 - 1
        for name in ("left", "right", "inplace"):
            try:
                if name == "left":
                    x = 5 << k
                elif name == "right":
                    x = 5 >> k
                else:
                    x = 5
                    x <<= k
            except ValueError as e:
                key = (name, str(e))
                errors[key] = errors.get(key, 0) + 1
    return sorted(errors.items()), x


print(negative_counts(3000))


def huge_counts(n):
    total = 0
    for i in range(n):
        k = 64 if i % 3 else 2**40
        total += (-5 >> k) + (5 >> k)
        total += 0 << (i % 200)
    return total


print(huge_counts(3000))


def beyond_int64(n):
    bad = 0
    total = 0
    for i in range(n):
        k = 2**64 if i % 2 else 3
        try:
            total += 7 >> k
            total += -7 >> k
        except OverflowError as e:
            bad += 1
    return bad, total


print(beyond_int64(3000))
