# A fatal signal without a handler ends a program in a compiled loop.
# jit-signal: SIGTERM after 0.5 s
# jit-exit: signal 15
print("ready", flush=True)


def loop():
    n = 0
    while True:
        n += 1


loop()
