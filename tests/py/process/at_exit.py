# Loops in functions run at exit, and output that is still buffered.
# jit-expect: compile >= 1
import atexit
import sys


def last(n):
    s = 0
    for i in range(n):
        s += i
    print("at exit", s)


class Late:
    def __del__(self):
        s = 0
        for i in range(2000):
            s += i
        print("deleted", s)


atexit.register(last, 5000)
atexit.register(last, 10)
keep = Late()
for i in range(3000):
    pass
sys.stdout.write(f"{i} no newline|")
del keep
sys.stderr.write("to stderr\n")
