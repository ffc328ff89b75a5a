# jit-expect: compile >= 1
# Code objects come and go at the same addresses; a trace belongs to one of them.
wrong = 0
for k in range(300):
    source = f"def f(n):\n    s = 0\n    for i in range(n):\n        s += i * {k % 7} + {k}\n    return s\n"
    space = {}
    exec(source, space)
    if space["f"](1500) != sum(i * (k % 7) + k for i in range(1500)):
        wrong += 1
    del space
print(wrong)
