# jit-expect: compile >= 5
# `==` and `!=` of objects that are equal to themselves alone, until somebody says otherwise.


class Plain:
    def __init__(self, n):
        self.n = n


class Other(Plain):
    pass


class Equal(Plain):
    def __eq__(self, other):
        return isinstance(other, Plain) and other.n % 10 == self.n % 10

    __hash__ = None


class Less(Plain):
    def __lt__(self, other):
        return self.n < other.n


def same(n, things):
    count = 0
    k = 0
    for i in range(n):
        if things[k] == things[0]:
            count += 1
        if things[k] != things[-1]:
            count += 10
        k += 1
        if k == len(things):
            k = 0
    return count


def none(n, thing):
    count = 0
    for i in range(n):
        if thing == None:
            count += 1
        if None != thing:
            count += 10
        if i == n - 50:
            thing = None
    return count


def reflected(n, left, right):
    # The right operand's class is asked, too.
    count = 0
    for i in range(n):
        if left == right:
            count += 1
        if left != right:
            count += 10
    return count


def changes(n):
    class Thing:
        pass

    a, b = Thing(), Thing()
    count = 0
    for i in range(n):
        if i == n // 2:
            Thing.__eq__ = lambda self, other: True
        if i == n - 100:
            del Thing.__eq__
        if a == b:
            count += 1
        if a != b:
            count += 10
    return count


def moves(n):
    # The class of an operand is replaced.
    a, b = Plain(3), Other(13)
    count = 0
    for i in range(n):
        if i == n // 2:
            b.__class__ = Equal
        if a == b:
            count += 1
    return count


def temporaries(n):
    count = 0
    for i in range(n):
        if Plain(i) == Plain(i):
            count += 1
        if Plain(i) != Plain(i):
            count += 10
    return count


def functions(n):
    count = 0
    f, g = same, none
    for i in range(n):
        if f == g:
            count += 1
        if f == same:
            count += 10
        if len == print:
            count += 100
    return count


class Level:
    def __init__(self, value):
        self.value = value

    def is_top(self, top):
        return self == top


def in_calls(n):
    levels = [Level(k) for k in range(4)]
    count = 0
    for i in range(n):
        if levels[i & 3].is_top(levels[3]):
            count += 1
    return count


things = [Plain(0), Plain(1), Other(2)]
print(same(3000, things))
print(same(3000, things + [Equal(10), Less(0)]))
print(none(3000, Plain(1)))
print(none(3000, Equal(1)))
print(reflected(3000, Plain(3), Equal(13)))
print(reflected(3000, Equal(3), Plain(14)))
print(reflected(3000, Less(3), Less(3)))
print(changes(4000))
print(moves(4000))
print(temporaries(3000))
print(functions(3000))
print(in_calls(3000))
