# jit-expect: compile >= 3
# Loops call functions with traces; threads, signals and tracing come in between.
import sys
import threading


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def fill(n, into):
    if n == 0:
        return None
    into[n] = n * n
    return fill(n - 1, into)


def loop(count, n):
    total = 0
    for i in range(count):
        total += fib(n) * i
    return total


fib(16)
print(loop(3000, 6))
into = [0] * 30
for i in range(2000):
    fill(20, into)
    into[5] = -1
fill(20, into)
print(into)

# At module level the loop's names are the globals that functions see.
seen = 0


def look(n):
    if n == 0:
        return seen
    return look(n - 1)


total = 0
for i in range(3000):
    seen = i * 2
    total += look(4)
print(total, seen)

lines = []


def trace(frame, event, arg):
    lines.append((frame.f_code.co_name, event))
    return trace


sys.settrace(trace)
fib(3)
sys.settrace(None)
print(lines)

results = []
threads = [threading.Thread(target=lambda: results.append(loop(300, 7))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(results, loop(300, 8))
