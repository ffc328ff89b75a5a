# A module's class can be replaced; its attributes are then looked up otherwise.
# jit-expect: compile >= 1
import math
import types


class Odd(types.ModuleType):
    @property
    def sqrt(self):
        return lambda x: -1


def roots(n):
    total = 0.0
    for i in range(n):
        total += math.sqrt(i)
    return total


print(roots(3000))
math.__class__ = Odd
print(roots(3000))
math.__class__ = types.ModuleType
print(roots(3000))
