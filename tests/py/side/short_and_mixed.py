# jit-expect: compile >= 6
# Short loops that are entered often, each time by another way through their branches, and that are left
# in all ways: end, break, return, an exception, with values of several types.


class Square:
    def __init__(self, color):
        self.color = color
        self.neighbours = []
        self.seen = 0

    def count(self, color):
        found = 0
        for neighbour in self.neighbours:
            if neighbour.color == color:
                found += 1
            elif neighbour.color == 2:
                neighbour.seen += 1
                found += 0.5
        return found

    def first(self, color):
        for place, neighbour in enumerate(self.neighbours):
            if neighbour.color == color:
                return place, neighbour
        return -1, None


def squares():
    all_of_them = [Square(i * i % 7 % 3) for i in range(50)]
    for i, square in enumerate(all_of_them):
        square.neighbours = [all_of_them[(i + k) % 50] for k in (1, 7, 43, 49)]
    return all_of_them


def counted(n):
    board = squares()
    total = 0
    for i in range(n):
        square = board[i % 50]
        total += square.count(1) + 2 * square.count(0)
        place, found = square.first(i % 3)
        if found is not None:
            total += place + found.color
    return total, sum(square.seen for square in board)


def mixed(values, limit):
    total = 0
    last = None
    for v in values:
        if v is None:
            continue
        if isinstance(v, str):
            total += len(v)
        elif v > limit:
            break
        else:
            total += v
        last = v
    else:
        return total, last, "end"
    return total, last, "break"


def types(n):
    rows = [[1, 2, 3], [1.5, None, 2], ["a", "bcd", 7], [2**70, 1], [], [True, False, -1, 0.25]]
    ends = {"end": 0, "break": 0}
    total = 0
    for i in range(n):
        t, last, how = mixed(rows[i * i % 6], i % 5)
        ends[how] += 1
        if isinstance(t, float):
            t = int(t * 4)
        total = (total * 3 + t) % 1000003
        same = last is None or any(last is v for row in rows for v in row)
        if not same:
            print("another object", i, last)
    return total, ends


def divided(values, by):
    total = 0
    for v in values:
        if by == 3 and v == 2:
            raise ValueError(v)
        total += v // by
    return total


def exceptions(n):
    caught = 0
    total = 0
    rows = [[1, 2, 3, 4], [5, 1], [9, 9, 2]]
    for i in range(n):
        try:
            total += divided(rows[i % 3], i * 7 % 5)
        except ZeroDivisionError:
            caught += 1
        except ValueError as e:
            caught += 10 + e.args[0]
    return total, caught


def swaps(n):
    # Bubbles: short inner loops that mostly go another way than the last time.
    total = 0
    for i in range(n):
        a = [(i * 7 + k * k * 13) % 11 for k in range(5)]
        changed = True
        while changed:
            changed = False
            for k in range(4):
                if a[k] > a[k + 1]:
                    a[k], a[k + 1] = a[k + 1], a[k]
                    changed = True
        total += a[0] * 10 + a[4]
    return total


print(counted(3000))
print(types(4000))
print(exceptions(4000))
print(swaps(1500))
