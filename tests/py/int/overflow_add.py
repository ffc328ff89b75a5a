# Addition that leaves 64 bits in the middle of a loop and comes back.
# jit-expect: compile >= 1


def up_and_down():
    x = 2**63 - 4000
    seen = []
    for i in range(8000):
        if i < 6000:
            x = x + 1
        else:
            x = x - 3
        if i in (3998, 3999, 4000, 5999, 6000, 7999):
            seen.append((i, x))
    return x, seen


def doubling():
    rows = []
    x = 1
    for i in range(4000):
        x = x + x
        if x >= 2**80:
            rows.append(i)
            x = 1
    return x, len(rows), rows[:3], sum(rows)


def negative():
    x = -(2**63) + 2500
    lows = 0
    i = 0
    while i < 6000:
        x += -1 if i < 4000 else 1
        if x < -(2**63):
            lows += 1
        i += 1
    return x, lows


for function in (up_and_down, doubling, negative):
    print(function.__name__, function())
