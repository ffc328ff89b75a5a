# sys.exit out of a hot loop.
# jit-expect: compile >= 1
# jit-exit: 42
import sys


def run(n):
    try:
        for i in range(n):
            if i == n - 1:
                sys.exit(42)
    finally:
        print("finally", i)


run(5000)
