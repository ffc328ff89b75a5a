# jit-expect: compile >= 5
# What a callee returns outlives what it was read from; and what an attempt to follow a call has come
# to know is forgotten with it.


class Part:
    def __init__(self, value):
        self.value = value


class Node:
    __slots__ = ("value", "next")

    def __init__(self, value, next):
        self.value = value
        self.next = next


def first_of_last(stack):
    last = stack.pop()
    return last[0]


def popped(n):
    stack = []
    total = 0
    for i in range(n):
        stack.append((Part(i),))
        got = first_of_last(stack)
        total += got.value
    return total


def replace(items, new):
    old = items[0]
    items[0] = new
    behind = old.next
    return behind


def replaced(n):
    news = [Node(i, Node(i * 7, None)) for i in range(n)]
    items = [Node(-1, Node(-2, None))]
    total = 0
    for i in range(n):
        got = replace(items, news[i])
        news[i] = None
        total += got.value
        if i % 97 == 0:
            total += got.value
    return total


def deeper(items, new, i):
    got = replace(items, new)
    items[1] = i
    if i % 50 == 7:
        return got.next
    return got


def nested(n):
    items = [Node(-1, Node(-2, Node(-3, None))), 0]
    total = 0
    for i in range(n):
        got = deeper(items, Node(i, Node(i * 7, Node(i * 3, None))), i)
        total += got.value
    return total, items[1]


def not_followed(items, new, i):
    items[0] = new
    str(i)


def middle(items, news, i):
    items[1] = i
    part = items[0]
    if i % 8 > 3:
        not_followed(items, news[i % 5], i)
        return part.value
    items[2] = i
    return part.value


def attempts(n):
    news = [Part(k) for k in range(5)]
    items = [Part(-1), 0, 0]
    total = 0
    for i in range(n):
        total += middle(items, news, i)
        items[0] = news[(i + 1) % 5]
    return total


class Loud:
    ended = []

    def __init__(self, n):
        self.n = n

    def __del__(self):
        if self.n % 500 == 0:
            Loud.ended.append(self.n)


def lets_go(stack, seen):
    last = stack.pop()
    n = last.n
    last = None
    seen.append(n)
    if n % 500 == 0:
        return len(Loud.ended)
    return 0


def ends(n):
    stack = []
    seen = []
    total = 0
    for i in range(n):
        stack.append(Loud(i))
        total += lets_go(stack, seen)
    return total, Loud.ended, len(seen)


print(popped(3000))
print(replaced(3000))
print(nested(3000))
print(attempts(6000))
print(ends(3000))
