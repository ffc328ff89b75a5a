# jit-expect: compile >= 4
# Objects in attributes, lists and locals end when the program lets them go, in the same order as
# in the interpreter; and nothing that is still in use ends.

import weakref

log = []


class Loud:
    def __init__(self, name):
        self.name = name
        self.next = None
        self.value = 1.5

    def __del__(self):
        log.append(self.name)


class Quiet:
    def __init__(self, name, next=None):
        self.name = name
        self.next = next
        self.value = 2.5


def walk(n):
    # The list falls apart behind the loop.
    head = None
    for i in range(n):
        node = Loud(i)
        node.next = head
        head = node
    t = 0
    del node
    while head is not None:
        t += head.value
        head = head.next
        if head is not None and head.name % 1000 == 0:
            t += len(log)
    return t, len(log), log[:3], log[-3:]


def walk_quiet(n):
    head = None
    for i in range(n):
        head = Quiet(i, head)
    t = 0
    while head is not None:
        t += head.name
        head = head.next
    return t


def replaced_in_attribute(n):
    holder = Quiet("h")
    holder.next = Loud(-1)
    others = [Loud(i) for i in range(n)]
    t = 0
    for i in range(n):
        holder.next = others[i]
        others[i] = None
        t += len(log)
    holder.next = None
    return t, len(log)


def replaced_in_local(n):
    things = [Loud(i) for i in range(n)]
    t = 0
    index = 0
    while index < n:
        thing = things[index]
        things[index] = None
        t += thing.value + len(log)
        index += 1
    del thing
    return t, len(log)


def weak(n):
    class W:
        pass

    refs = []
    items = []
    for i in range(n):
        w = W()
        w.value = i
        refs.append(weakref.ref(w))
        items.append(w)
    del w
    t = dead = 0
    for i in range(n):
        item = items[i]
        items[i] = None
        t += item.value
        if i and refs[i - 1]() is None:
            dead += 1
    return t, dead


def borrowed_then_replaced(n):
    p = Quiet([0])
    out = 0
    for i in range(n):
        old = p.name
        p.name = [i]
        out += old[0] + p.name[0]
        text = p.value
        p.value = p.value + 1.0
        out += text
    return out


def elements_replaced(n):
    data = [float(i) for i in range(10)]
    objects = [Quiet(i) for i in range(10)]
    t = 0.0
    for i in range(n):
        k = i % 10
        old = data[k]
        data[k] = old + 1.0
        t += old
        q = objects[k]
        objects[k] = Quiet(q.name + 1)
        t += q.name
    return t


def through_calls(n):
    p = Quiet(1.0)
    q = Quiet(2.0)

    def exchange(a, b):
        a.value, b.value = b.value, a.value
        a.next = b
        b.next = a

    t = 0
    for i in range(n):
        exchange(p, q)
        t += p.value * 2 + q.value
        p.value += 0.25
    p.next = q.next = None
    return t


def list_of_the_loop(n):
    # Only the loop has the list; its last element outlives it.
    kept = []
    for i in range(n):
        for pair in [(i, k) for k in range(3)]:
            first = pair[0]
        kept.append(pair)
        values = [pair[1] for pair in [(k, [first]) for k in range(3)]]
        again = [(i, k) for k in range(5)]
        if len(kept) > 5:
            kept.pop()
        if pair[0] != i or values[0] is values[1] or again[2][0] != i:
            print("wrong", i)
    return kept, pair, values


def popped(n):
    # What was read from a list leaves it, is added up, and is still needed.
    data = []
    total = 0.0
    bad = 0
    for i in range(n):
        data.append(i + 0.25)
        x = data[0]
        total += data.pop()
        data.append(i + 0.75)
        total += data.pop()
        if i % 97 == 0:
            bad += [x] != [i + 0.25]
    return total, x, bad


print(walk(3000))
del log[:]
print(walk_quiet(5000))
print(replaced_in_attribute(3000))
del log[:]
print(replaced_in_local(3000))
del log[:]
print(weak(3000))
print(borrowed_then_replaced(4000))
print(elements_replaced(4000))
print(through_calls(4000))
print(list_of_the_loop(3000))
print(popped(3000))
