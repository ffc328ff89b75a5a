# Words counted in a dictionary, looked for in a set, compared and put together.
import sys
import time


def kernel(n):
    text = "the quick brown fox jumps over the lazy dog and the cat"
    words = text.split()
    short = {"the", "and", "cat", "dog", "fox"}
    counts = {}
    length = 0
    for i in range(n):
        word = words[i % 12]
        counts[word] = counts.get(word, 0) + 1
        if word in short:
            length += 1
        elif word == "lazy":
            length += len(word + "er")
        else:
            length += len(word[1:3])
    return sorted(counts.items()), length


start = time.perf_counter()
result = kernel(600_000)
print(f"BENCH_SECONDS {time.perf_counter() - start:.6f}", file=sys.stderr)
print(result)
