# jit-expect: compile >= 4
# Callees with loops of their own, followed round by round; comprehensions in loops.


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def total(values):
    t = 0
    for v in values:
        t += v
    return t


def first(values, limit):
    for v in values:
        if v > limit:
            return v
    return None


def counted(k):
    t = 0
    for i in range(k):
        t += i
    while t > 10:
        t -= 7
    return t


def nested(grid):
    t = 0
    for row in grid:
        for v in row:
            if v < 0:
                break
            t += v
        else:
            t += 100
    return t


def squares(k):
    return [i * i for i in range(k)]


def table(k):
    return {i: str(i) for i in range(k)}


def kinds(values):
    return {type(v).__name__ for v in values}


def sums(n):
    a = [1, 2, 3]
    out = 0
    for i in range(n):
        out += total(a)
        a[i % 3] = i
    return out


def lengths(n):
    # The number of rounds changes.
    out = 0
    lists = [[1], [1, 2], [], [1, 2, 3, 4], list(range(40))]
    for i in range(n):
        out += total(lists[i % 5])
        v = first(lists[i % 5], 2)
        if v is not None:
            out += v
        out += counted(i % 6)
    return out


def grids(n):
    grid = [[1, 2], [3, -1, 4], [5]]
    out = 0
    for i in range(n):
        out += nested(grid)
        grid[1][1] = -grid[1][1]
    return out


def comprehensions(n):
    out = 0
    for i in range(n):
        out += len(squares(i % 5)) + len(table(3))
        out += sum([x + 1 for x in range(i % 4)])
        x = [y * i for y in range(3)]
        out += x[2]
        points = [Point(k, i) for k in range(3)]
        out += points[1].x + points[2].y
    return out


def raises(values, i):
    t = 0
    for v in values:
        t += 10 // v
        if i % 500 == 499:
            values[1] = 0
    return t


def exceptions(n):
    caught = []
    for i in range(n):
        values = [1, 2, 5]
        try:
            raises(values, i)
        except ZeroDivisionError as e:
            tb = e.__traceback__
            where = []
            while tb:
                where.append((tb.tb_frame.f_code.co_name, tb.tb_lineno, sorted(tb.tb_frame.f_locals)))
                tb = tb.tb_next
            caught.append(where)
    return len(caught), caught[0], caught[-1]


class Node:
    def __init__(self, parent):
        self.parent = parent or self
        self.rank = 0

    def find(self, update):
        root = self.parent
        if root is not root.parent:
            root = root.find(update)
            if update:
                self.parent = root
        return root


def union_find(n):
    nodes = [Node(None) for _ in range(40)]
    out = 0
    for i in range(n):
        a, b = nodes[i % 40], nodes[i * 7 % 40]
        ra, rb = a.find(i % 2 == 0), b.find(True)
        if ra is not rb:
            if ra.rank < rb.rank:
                ra, rb = rb, ra
            rb.parent = ra
            ra.rank += 1
        out += ra.rank
        if i % 300 == 299:
            for x in nodes:
                x.parent = x
    return out


print(sums(3000))
print(lengths(3000))
print(grids(3000))
print(comprehensions(3000))
print(exceptions(3000))
print(union_find(4000))
print(sorted(kinds([1, 2.0, "x"])))
