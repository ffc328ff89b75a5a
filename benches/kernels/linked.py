# A linked list, walked again and again.
import sys
import time


class Node:
    def __init__(self, value, next):
        self.value = value
        self.next = next


def kernel(n):
    head = None
    for i in range(1000):
        head = Node(i, head)
    total = 0
    for _ in range(n):
        node = head
        while node is not None:
            total += node.value
            node = node.next
    return total


start = time.perf_counter()
result = kernel(1000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
