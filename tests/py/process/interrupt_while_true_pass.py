# Ctrl-C into `while True: pass` at module level. Where in the line it hits is a
# matter of luck, so the hook shows the line only.
# jit-signal: SIGINT after 0.5 s
# jit-exit: signal 2
import sys

sys.excepthook = lambda kind, value, trace: print(kind.__name__, trace.tb_lineno)
print("ready", flush=True)
while True: pass
