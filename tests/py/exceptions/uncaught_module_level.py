# An uncaught exception out of a loop at module level.
# jit-expect: compile >= 1
# jit-exit: 1
xs = list(range(3000))
s = 0
i = 0
print("start")
while True:
    s += xs[i]
    i += 1
