# jit-expect: compile >= 4
# What callees with frames hold lives as long as it should, and not longer than that.
import gc
import sys
import weakref


class Node:
    def __init__(self, value, next):
        self.value = value
        self.next = next


class Queue:
    def __init__(self):
        self.head = None
        self.size = 0
        self.spare = []

    def push(self, value):
        self.head = Node(value, self.head)
        self.size += 1

    def pop(self):
        node = self.head
        self.head = node.next
        self.size -= 1
        if self.size == 0:
            self.spare.append(node.value)
        return node.value

    def swap(self, other):
        mine = self.head
        self.head = other.head
        other.head = mine
        self.size, other.size = other.size, self.size
        return mine

    def recycle(self):
        last = self.spare.pop()
        self.size += 0
        if last is None:
            return None
        self.spare.append(last)
        return last


def queue(n):
    q = Queue()
    total = 0
    for i in range(n):
        q.push(i)
        q.push(i + 1)
        total += q.pop()
        if i % 3 == 0:
            total -= q.pop()
    return total, q.size, len(q.spare)


def swaps(n):
    a, b = Queue(), Queue()
    a.push("a")
    b.push("b")
    seen = {}
    for i in range(n):
        got = a.swap(b)
        seen[got.value] = seen.get(got.value, 0) + 1
    counts = [sys.getrefcount(a.head), sys.getrefcount(b.head)]
    return seen, counts, a.size, b.size


def recycle(n):
    q = Queue()
    things = [object() for _ in range(3)]
    q.spare.extend(things)
    before = [sys.getrefcount(thing) for thing in things]
    for i in range(n):
        got = q.recycle()
    del got
    return before == [sys.getrefcount(thing) for thing in things]


class Loud:
    count = 0

    def __init__(self, n):
        self.n = n

    def __del__(self):
        Loud.count += 1
        if self.n % 400 == 0:
            print("end", self.n)


class Holder:
    def __init__(self):
        self.item = Loud(1)
        self.times = 0

    def put(self, item):
        old = self.item
        self.item = item
        self.times += 1
        if self.times % 100 == 0:
            return old.n
        return 0


def loud(n):
    holder = Holder()
    total = 0
    for i in range(n):
        total += holder.put(Loud(i))
    count = Loud.count
    del holder
    gc.collect()
    return total, count, Loud.count


def weak(n):
    holder = Holder()
    gone = []
    for i in range(n):
        item = Node(i, None)
        if i % 500 == 0:
            ref = weakref.ref(item, lambda _, i=i: gone.append(i))
        holder.put(item) if i else None
        holder.item = Loud(i)
    del item
    return gone, holder.times


def numbers(n):
    # One number in two places stays one object.
    class Pair:
        def __init__(self):
            self.items = [0, 0]
            self.x = 0

        def both(self, value):
            self.items[0] = value
            self.x = value
            if self.items[0] is self.x:
                return 1
            return 0

    p = Pair()
    same = 0
    for i in range(n):
        big = i * 1000003
        same += p.both(big)
        same += p.x is big
    return same


class Taker:
    def __init__(self, items):
        self.items = items
        self.n = 0

    def take(self, i):
        self.n += 1
        last = self.items.pop()
        if last < 0:
            return 1
        self.items.insert(0, last) if self.n < 0 else self.items.append(last)
        if self.n % 5 == 0:
            return last
        return 0


def counted(n):
    # What is taken from a list is of two kinds, which the callee's frame finds out when it stores it.
    things = [12345678, 2.5, 87654321, 0.125]
    taker = Taker([None])
    before = [sys.getrefcount(thing) for thing in things]
    total = 0
    k = 0
    for i in range(n):
        taker.items[0] = things[k]
        k += 1
        if k == 4:
            k = 0
        total += taker.take(i)
    taker.items[0] = None
    return total, [sys.getrefcount(thing) for thing in things] == before


class Noted:
    def __init__(self):
        self.items = [0, 1]
        self.x = 0

    def put(self, value):
        self.items[0] = 1
        self.note(value)
        if self.items[1] == 0:
            return 0
        return self.items[0]

    def note(self, value):
        self.x = value


def borrowed(n):
    # What a local's object lends outlives the local's next value.
    c = Noted()
    x = 10**6
    total = 0
    out = []
    for i in range(n):
        y = x
        x = i * 1000003
        total += c.put(x)
        if i % 250 == 249:
            out.append((y, x is c.x))
    return total, out, c.x


print(counted(4000))
print(borrowed(3000))
print(queue(3000))
print(swaps(3000))
print(recycle(3000))
print(loud(2000))
try:
    print(weak(2000))
except AttributeError as error:
    print(error)
print(numbers(3000))
