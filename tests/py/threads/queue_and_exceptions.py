# Producer and consumer loops, and an exception that ends one thread only.
# jit-expect: compile >= 1
import queue
import sys
import threading

q = queue.Queue(maxsize=50)
total = []


def consume():
    s = 0
    while True:
        x = q.get()
        if x is None:
            break
        s += x
    total.append(s)


t = threading.Thread(target=consume)
t.start()
for i in range(2000):
    q.put(i)
q.put(None)
t.join()
print(total)

failures = []
threading.excepthook = lambda args: failures.append((args.exc_type.__name__, str(args.exc_value)))


def fails(n):
    for i in range(n):
        1 // (n - 1 - i)


t = threading.Thread(target=fails, args=(3000,))
t.start()
s = 0
for i in range(3000):
    s += i
t.join()
print(failures, s)
