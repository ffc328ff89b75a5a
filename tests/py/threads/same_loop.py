# Two threads and more in the same compiled loop, each with its own values.
# jit-expect: compile >= 1
import threading


def work(k, n):
    s = k
    x = float(k)
    for i in range(n):
        s = (s * 3 + i) % 1000003
        x = x * 0.5 + i
        if s & 1:
            s += k
    return s, repr(x)


expected = [work(k, 4000) for k in range(4)]
results = [None] * 4


def run(k):
    results[k] = work(k, 4000)


for round_ in range(5):
    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(round_, results == expected)
print(results)
