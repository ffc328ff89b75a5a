# gc.collect() in one thread while others run hot loops over shared objects.
import gc
import threading

stop = False
shared = [[i, float(i)] for i in range(100)]
results = []


def worker(k):
    s = 0
    for i in range(8000):
        pair = shared[(i * k) % 100]
        s += pair[0] + int(pair[1])
    results.append(s)


def makes_cycles():
    n = 0
    while not stop:
        a = []
        a.append(a)
        n += 1
        if n > 20000:
            break


threads = [threading.Thread(target=worker, args=(k,)) for k in (1, 3, 7)]
cycles = threading.Thread(target=makes_cycles)
cycles.start()
for t in threads:
    t.start()
for _ in range(10):
    gc.collect()
for t in threads:
    t.join()
stop = True
cycles.join()
print(sorted(results))
print(sum(p[0] for p in shared), sum(p[1] for p in shared))
