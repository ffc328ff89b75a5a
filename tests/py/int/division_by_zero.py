# Division by zero inside a hot loop, caught and counted.
# jit-expect: compile >= 1


def every(n, period):
    counts = [0, 0, 0, 0]
    total = 0
    for i in range(n):
        d = i % period
        try:
            total += i // d
        except ZeroDivisionError as e:
            counts[0] += 1
            message = str(e)
        try:
            total += i % d
        except ZeroDivisionError as e:
            counts[1] += 1
            message2 = str(e)
        try:
            total += int(i / d)
        except ZeroDivisionError as e:
            counts[2] += 1
            message3 = str(e)
        try:
            total += divmod(i, d)[0]
        except ZeroDivisionError as e:
            counts[3] += 1
            message4 = str(e)
    return counts, total, message, message2, message3, message4


print(every(4000, 1000))
print(every(4000, 3))
print(every(3000, 2999))


def once():
    d = 3000
    done = 0
    try:
        while True:
            done += 6000 // d
            d -= 1
    except ZeroDivisionError as e:
        return done, d, repr(e)


print(once())


def floats(n):
    bad = 0
    for i in range(n):
        x = float(i % 5)
        try:
            1.0 / x
        except ZeroDivisionError as e:
            bad += 1
            first = str(e)
        try:
            1.0 // x
        except ZeroDivisionError as e:
            bad += 1
            second = str(e)
        try:
            1.0 % x
        except ZeroDivisionError as e:
            bad += 1
            third = str(e)
    return bad, first, second, third


print(floats(4000))
