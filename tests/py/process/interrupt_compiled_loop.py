# Ctrl-C into a compiled loop of a function; KeyboardInterrupt is caught.
# jit-expect: compile >= 1
# jit-signal: SIGINT after 0.5 s


def loop():
    x = 0
    i = 0
    print("ready", flush=True)
    try:
        while True:
            x = (x * 3 + i) % 1000003
            i += 1
    except KeyboardInterrupt:
        print("interrupted", i > 1000, 0 <= x < 1000003)


loop()
print("after")
