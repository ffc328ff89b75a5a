# Nested loops whose variables are names of the module.
# jit-expect: compile >= 1
s = 0
for i in range(150):
    for j in range(60):
        if (i + j) % 3:
            s += i * j & 127
        else:
            s -= 1
print(s, i, j)
t = 0.0
i = 0
while i < 100:
    i += 1
    x = 0.5
    for j in range(40):
        x = x * 0.75 + i
    t += x
print(round(t, 6), i, j, globals()["x"] == x)
