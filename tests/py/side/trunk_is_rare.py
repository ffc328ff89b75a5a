# jit-expect: compile >= 4
# Short loops, entered again and again, whose first recorded path is the rare one: another path becomes
# the trunk, with names, exceptions and objects that only it has seen.
import math

LIMIT = 3


class Cell:
    def __init__(self, value):
        self.value = value


def count(cells, v):
    return sum(1 if v in cell else 0 for cell in cells)


def mixed(cells, turn):
    total = 0
    for cell in cells:
        if cell.value == turn:
            total += LIMIT
        elif cell.value > 4:
            try:
                if cell.value > 6:
                    raise ValueError(cell)
                total -= 1
            except ValueError:
                total += 10
        else:
            total += math.sqrt(cell.value) * 0.5
    return total


def words(texts, wanted):
    found = 0
    for text in texts:
        if text is wanted:
            found += 100
        else:
            found += len(text)
    return found


def nested(n):
    total = 0
    for i in range(n):
        for j in range(6):
            if j > i % 2:
                total += j * i
            else:
                total -= 1
    return total


lists = [[i % 7, i % 3] for i in range(12)]
cells = [Cell(i % 9) for i in range(11)]
texts = ["a" * i for i in range(8)]
print([sum(count(lists, v) for v in range(k % 9)) for k in range(1500)][-9:])
print(round(sum(mixed(cells, k % 40) for k in range(2500)), 3))
print(sum(words(texts, texts[k % 3]) for k in range(2500)), nested(3000))
cells[3].value = 2.5
cells[4].value = 1 << 70
LIMIT = 0.25
print(round(sum(mixed(cells, k % 40) for k in range(1500)), 3))
lists[2][1] = "text"
lists[5][0] = 2.0
lists[6] = (1, 2, None)
print([sum(count(lists, v) for v in range(k % 9)) for k in range(300)][-9:])
