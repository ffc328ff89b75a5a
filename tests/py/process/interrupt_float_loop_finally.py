# Ctrl-C into a nested float loop runs finally blocks, then ends the program.
# jit-expect: compile >= 1
# jit-signal: SIGINT after 0.5 s
# jit-exit: 5
import sys


def loop():
    print("ready", flush=True)
    x = 0.5
    try:
        while True:
            for k in range(1000):
                x = 3.9 * x * (1.0 - x)
    finally:
        print("finally", 0.0 < x < 1.0, 0 <= k < 1000)


try:
    loop()
except KeyboardInterrupt:
    sys.exit(5)
