# jit-expect: compile >= 1
# Threads that share one range iterator: every value goes to exactly one of them.
import threading

N = 60000


def work(numbers, totals):
    total = count = 0
    for x in numbers:
        total += x
        count += 1
    totals.append((total, count))


def shared():
    numbers = iter(range(N))
    totals = []
    threads = [threading.Thread(target=work, args=(numbers, totals)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(t for t, _ in totals), sum(c for _, c in totals)


def own():
    totals = []
    threads = [threading.Thread(target=work, args=(range(N), totals)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return totals


print(shared() == (N * (N - 1) // 2, N))
print(own() == [(N * (N - 1) // 2, N)] * 3)
print(shared() == (N * (N - 1) // 2, N))
