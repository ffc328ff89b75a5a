"""The sieve of Eratosthenes over a list of bools: counts the primes below n."""

import sys
import time


def kernel(n):
    prime = [True] * n
    prime[0] = prime[1] = False
    i = 2
    while i * i < n:
        if prime[i]:
            j = i * i
            while j < n:
                prime[j] = False
                j += i
        i += 1
    count = 0
    i = 0
    while i < n:
        if prime[i]:
            count += 1
        i += 1
    return count


n = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000_000
start = time.perf_counter()
result = kernel(n)
seconds = time.perf_counter() - start
print(result)
print("BENCH_SECONDS", seconds, file=sys.stderr)
