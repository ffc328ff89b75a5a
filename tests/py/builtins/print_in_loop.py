# Output from inside hot loops comes in order, with nothing lost or doubled.
# jit-expect: compile >= 1
import sys


def run(n):
    s = 0
    for i in range(n):
        s += i
        if i % 250 == 0:
            print(i, s, end=" ")
            sys.stdout.write("|")
        if i % 500 == 0:
            sys.stderr.write(f"err {i}\n")
    print()
    return s


print(run(3000))

for i in range(2000):
    if i in (0, 1, 2, 998, 999, 1000, 1001, 1002, 1998, 1999):
        print(i, i * i, i / 2)
