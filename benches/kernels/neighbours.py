# A method that goes through a short list of instances, twice an iteration.
import sys
import time


class Square:
    def __init__(self, color):
        self.color = color
        self.neighbours = []

    def count(self, color):
        found = 0
        for neighbour in self.neighbours:
            if neighbour.color == color:
                found += 1
        return found


def kernel(n):
    squares = [Square(i % 3) for i in range(50)]
    for i, square in enumerate(squares):
        square.neighbours = [squares[i - 1], squares[i - 7], squares[(i + 1) % 50], squares[(i + 7) % 50]]
    total = 0
    for i in range(n):
        square = squares[i % 50]
        total += square.count(1) + 2 * square.count(2)
    return total


start = time.perf_counter()
result = kernel(300_000)
print(f"BENCH_SECONDS {time.perf_counter() - start:.6f}", file=sys.stderr)
print(result)
