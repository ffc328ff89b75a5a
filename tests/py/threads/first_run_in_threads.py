# The loop is met by four threads before anyone has compiled it.
import threading

barrier = threading.Barrier(4)
results = {}


def work(k):
    barrier.wait()
    s = 0
    for i in range(5000):
        s += (i * k) & 7
    results[k] = s
    barrier.wait()
    t = 0
    j = 0
    while j < 5000:
        t ^= j * k
        j += 1
    results[k + 10] = t


threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(results.items()))
