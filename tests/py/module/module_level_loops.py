# Loops at module level: names in a dictionary, created, changed and deleted.
# jit-expect: compile >= 1

i = 0
s = 0
while i < 6000:
    s += i & 7
    i += 1
print(i, s)

for k in range(5000):
    s = (s * 3 + k) % 1000003
print(k, s)

x = 0.3
for k in range(5000):
    x = 3.9 * x * (1.0 - x)
print(repr(x))

for k in range(3000):
    if k == 1500:
        created = 1
    if k > 1500:
        created += k
print(created)

for k in range(3000):
    if k == 2000:
        globals()["s"] = -1
    s += 1
print(s)

missing = 0
temporary = 5
for k in range(3000):
    if k == 2000:
        del temporary
    try:
        missing += temporary
    except NameError as e:
        message = str(e)
        temporary = 1
print(missing, message, temporary)

for k in range(3000):
    globals()[f"name{k % 40}"] = k
print(name0, name39, sum(1 for key in globals() if key.startswith("name")))

s = 0
for a in range(60):
    for b in range(60):
        s += a * b
print(a, b, s)

xs = [0] * 10
for k in range(3000):
    xs[k % 10] += k
    xs[k % 10], xs[-1] = xs[-1], xs[k % 10]
print(xs)

big = 2**63 - 1000
for k in range(2000):
    big += 1
print(big)

s = 0
d = globals()
for k in range(3000):
    s += 1
    if k % 1000 == 0:
        d["s"] = d["s"] + 100
        print(s, d["k"], "s" in d)
print(s)

len = 5
for k in range(2000):
    s += len
del len
print(s, len(xs))

if True:
    n = 0
    while True:
        n += 1
        if n % 2:
            continue
        if n > 4000:
            break
    else:
        print("never")
print(n)
