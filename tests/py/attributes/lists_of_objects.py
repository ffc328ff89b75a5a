# jit-expect: compile >= 5
# Loops over lists, of objects too: lists that change under the loop, iterators that others have,
# locals that go around the loop as objects.


class Item:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next
        self.hits = 0

    def hit(self):
        self.hits += 1
        return self.hits


items = [Item(i) for i in range(50)]


def plain(n):
    t = 0
    for _ in range(n):
        for item in items:
            t += item.value
            item.hits = item.hits + 1
    return t, items[7].hits


def methods(n):
    t = 0
    for _ in range(n):
        for item in items:
            t += item.hit()
    return t


def pairs(n):
    t = 0
    for _ in range(n):
        for a in items:
            for b in items[:5]:
                if a is not b:
                    t += a.value - b.value
    return t


def grows(n):
    numbers = [1, 2, 3]
    t = 0
    for number in numbers:
        t += number
        if len(numbers) < n:
            numbers.append(number + 1)
    return t, len(numbers)


def shrinks(n):
    numbers = list(range(n))
    t = 0
    for number in numbers:
        t += number
        if number % 3 == 0:
            del numbers[-1]
    return t, len(numbers)


def shared_iterator(n):
    numbers = list(range(n))
    it = iter(numbers)
    t = 0
    for number in it:
        t += number
        if number % 5 == 0:
            t += next(it, 0) * 1000
    numbers.append(5)
    return t, next(it, "end"), list(it)


def ends_and_grows(n):
    out = []
    for k in range(n):
        numbers = [1, 2]
        it = iter(numbers)
        for number in it:
            pass
        numbers.append(3)
        out.append(next(it, None))
    return set(out)


def previous(n):
    head = None
    for i in range(100):
        head = Item(i, head)
    t = 0
    for _ in range(n):
        last = None
        node = head
        while node is not None:
            if last is not None:
                t += last.value - node.value
            last = node
            node = node.next
    return t, last.value


def reverse_in_place(n):
    head = None
    for i in range(101):
        head = Item(i, head)
    for _ in range(n):
        before = None
        node = head
        while node is not None:
            following = node.next
            node.next = before
            before = node
            node = following
        head = before
    return head.value, head.next.value


def breaks(n):
    t = 0
    for i in range(n):
        for item in items:
            if item.value > i % 40:
                break
            t += item.value
        else:
            t += 1000000
        t += item.value
    return t, item.value


def mixed(n):
    values = [1, 2.5, 3, "x", None, 4.5, items[3], 10**20, True]
    t = 0
    for _ in range(n):
        for value in values:
            if type(value) is int or type(value) is float:
                t += value
    return t


def tuples(n):
    data = [(i, i * 0.5) for i in range(40)]
    t = 0
    for _ in range(n):
        for a, b in data:
            t += a * b
    return t


def unbound_after(n):
    for _ in range(n):
        for item in []:
            pass
    try:
        return item
    except UnboundLocalError as error:
        return str(error)


print(plain(200))
print(methods(200))
print(pairs(60))
print(grows(5000))
print(shrinks(5000))
print(shared_iterator(5000))
print(ends_and_grows(3000))
print(previous(100))
print(reverse_in_place(101))
print(breaks(400))
print(mixed(600))
print(tuples(200))
print(unbound_after(3000))
