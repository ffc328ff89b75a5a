# Threads started, joined and locked inside a hot loop.
# jit-expect: compile >= 1
import threading


def start_midway(n):
    results = []
    threads = []

    def work(k):
        s = 0
        for i in range(2000):
            s += i * k
        results.append(s)

    s = 0
    for i in range(n):
        s += i
        if i % 1000 == 500:
            t = threading.Thread(target=work, args=(i,))
            t.start()
            threads.append(t)
    for t in threads:
        t.join()
    return s, sorted(results)


print(start_midway(5000))


def locked(n):
    lock = threading.Lock()
    total = [0]

    def work():
        for i in range(n):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for i in range(n):
        with lock:
            total[0] += 1
    for t in threads:
        t.join()
    return total


print(locked(1500))


def after_threads(n):
    # Only one thread is left: the loop is as before.
    xs = [0, 1, 2, 3]
    s = 0
    for i in range(n):
        s += xs[i & 3]
        xs[i & 3] = s & 15
    return s


print(after_threads(3000))


def thread_locals(n):
    local = threading.local()
    out = []

    def work(k):
        local.v = 0
        for i in range(n):
            local.v += k
        out.append(local.v)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sorted(out)


print(thread_locals(1500))
