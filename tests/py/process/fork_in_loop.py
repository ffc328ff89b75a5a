# os.fork() in the middle of a hot loop; parent and child both go on in it.
# jit-expect: compile >= 1
import os
import sys


def loop(n):
    s = 0
    pid = None
    for i in range(n):
        s = (s * 3 + i) % 1000003
        if i == n // 2:
            sys.stdout.flush()
            pid = os.fork()
    return s, pid


result, pid = loop(5000)
if pid == 0:
    print("child", result)
    s = 0
    for i in range(3000):
        s += i
    print("child again", s, flush=True)
    os._exit(7)
_, status = os.waitpid(pid, 0)
print("parent", result, os.waitstatus_to_exitcode(status))


def many(n):
    codes = []
    for i in range(n):
        if i % 1000 == 500:
            pid = os.fork()
            if pid == 0:
                t = 0
                for k in range(2000):
                    t += k
                os._exit(t % 101 + i // 1000)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return codes


print(many(3000))
sys.stdout.flush()


def pipe(n):
    r, w = os.pipe()
    pid = os.fork()
    s = 0
    for i in range(n):
        s += i if pid else -i
    if pid == 0:
        os.write(w, str(s).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    return s, os.read(r, 100).decode()


print(pipe(3000))
