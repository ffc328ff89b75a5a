# len, abs, min, max and isinstance in a loop, and `in` for a list.
import sys
import time


class Item:
    def __init__(self, value):
        self.value = value


def kernel(n):
    numbers = [3, 1, 4, 1, 5, 9, 2, 6]
    item = Item(2)
    total = 0
    for i in range(n):
        total += len(numbers) + abs(i - 1000) - min(i, 3) + max(total & 7, 2)
        if i % 11 in numbers and isinstance(item, Item):
            total += 1
    return total


start = time.perf_counter()
result = kernel(300000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
