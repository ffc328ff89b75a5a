# One thread appends to a list while another one sums it.
import threading

N = 6000
xs = []
done = False


def appender():
    global done
    for i in range(N):
        xs.append(i)
    done = True


def total():
    rounds = 0
    while True:
        finished = done
        n = len(xs)
        s = 0
        for i in range(n):
            s += xs[i]
        if s != n * (n - 1) // 2:
            print("wrong sum", n, s)
        rounds += 1
        if finished:
            return s, n


thread = threading.Thread(target=appender)
thread.start()
print(total())
thread.join()
print(len(xs), xs == list(range(N)))


def elements():
    """Every element seen is one that was stored."""
    ys = [0.5] * 8
    bad = []
    stop = []

    def writer():
        k = 0
        for i in range(6000):
            ys[i & 7] = i if i % 3 else i * 0.5
            k += 1
        stop.append(k)

    t = threading.Thread(target=writer)
    t.start()
    while True:
        for i in range(8):
            v = ys[i]
            if not 0 <= v < 6000:
                bad.append(v)
        if stop:
            break
    t.join()
    return bad, ys


print(elements())


def shrinking():
    """Reads past the end raise IndexError and nothing else."""
    zs = list(range(5000))
    kinds = set()

    def popper():
        while zs:
            zs.pop()

    t = threading.Thread(target=popper)
    t.start()
    while True:
        try:
            for i in range(5000):
                v = zs[i]
                if v != i:
                    kinds.add(("wrong", i, v))
        except IndexError as e:
            kinds.add(str(e))
        if not zs:
            break
    t.join()
    return kinds


print(shrinking())
