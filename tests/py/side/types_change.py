# Values that become another type while the loop runs, for good or back and forth.
def once(n):
    x = 0
    for i in range(n):
        if i == n // 2:
            x = float(x)
        x = x + 1
        if x > 1000:
            x = x - 1000
    return x


def back_and_forth(n):
    x, kinds = 0, [0, 0]
    for i in range(n):
        if i % 100 == 0:
            x = float(x) if i % 200 else int(x)
        x += 1
        kinds[isinstance(x, float)] += 1
    return x, kinds


def grows(n):
    x = 1
    for i in range(n):
        x = x * 3 if x < 10**30 else i
    return x


def texts(n):
    x, out = 0, 0
    for i in range(n):
        x = i if i % 3 else "text"
        if x == "text":
            out += 1
        else:
            out += x
    return out


print(once(20000), back_and_forth(20000), grows(5000), texts(5000))
