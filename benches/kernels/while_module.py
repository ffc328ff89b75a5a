"""The loop of while_sum.py at module level: its names live in a dictionary."""

import sys
import time

n = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000_000
start = time.perf_counter()
i = 0
s = 0
while i < n:
    s += i & 7
    i += 1
seconds = time.perf_counter() - start
print(s)
print("BENCH_SECONDS", seconds, file=sys.stderr)
