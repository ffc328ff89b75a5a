# Of two nans the first one comes out of a sum or product, with its sign: math.copysign sees it.
import math


def signs(first, second, n):
    seen = []
    i = 0
    while i < n:
        total = first + second
        product = first * second
        turned = second + first
        back = second * first
        seen.append((math.copysign(1.0, total), math.copysign(1.0, product)))
        seen.append((math.copysign(1.0, turned), math.copysign(1.0, back)))
        i += 1
    return sorted(set(seen))


def running(value, n):
    i = 0
    signs = []
    while i < n:
        value = value + math.fabs(value) - i
        value *= math.fabs(value)
        signs.append(math.copysign(2.0, value))
        i += 1
    return sorted(set(signs))


nan = float("nan")
for first in (nan, -nan):
    print(running(first, 2000))
    for second in (nan, -nan):
        print(signs(first, second, 2000))
