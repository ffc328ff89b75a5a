# Ints growing past the limit of str(), and conversions in a loop.
import sys


def grow():
    x = 1
    errors = 0
    digits = 0
    for i in range(3000):
        x *= 7
        if i % 100 == 99:
            try:
                digits = len(str(x))
            except ValueError:
                errors += 1
        if x > 7**2800:
            x = 7
    return errors, digits, x


print(sys.get_int_max_str_digits())
print(grow())


def limit():
    x = 10**4200
    for i in range(150):
        x *= 10
        try:
            str(x)
        except ValueError as e:
            return i, str(e)


print(limit())


def round_trip(n):
    s = 0
    for i in range(n):
        s += int(str(i * 12345 - 50000))
    return s


print(round_trip(4000))


def lengths(n):
    s = 0
    x = 1
    for i in range(n):
        s += len(str(x)) + x.bit_length()
        x = x * 3 if x < 10**30 else 1
    return s


print(lengths(3000))
