# Objects stay the objects that they are across exits, side paths and the loop's header.
def captured(n):
    s = 10**6
    kept, same = [], 0
    for i in range(n):
        t = s
        for j in range(40):
            if j == 39 and i % 3 == 0:
                same += t is s
                kept.append(s)
            if j > 20 and i % 5 == 0:
                s += 1000
        same += (s is t) * 100
    return same, len(set(map(id, kept))), s


def rotates(n):
    a, b, c = 1000.5, 2000.5, 3000.5
    count = 0
    for i in range(n):
        for j in range(30):
            a, b, c = b, c, a
            if j % 7 == 6:
                b = b + 1.0
        count += (a is b) + 2 * (b is c)
        d = a
        count += 4 * (d is a)
    return a, b, c, count


def outer_objects(n):
    out = 0
    last = None
    for i in range(1000, 1000 + n):
        mine = i
        for j in range(30):
            out += j
        out += (mine is i) + (last is i) * 10
        last = i
    return out


def constants(n):
    out = 0
    for i in range(n):
        x = 12345678
        y = x
        for j in range(25):
            out += x is y
            if j == 24:
                x = j
    return out, x


print(captured(200), rotates(200), outer_objects(200), constants(200))
