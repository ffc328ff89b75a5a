# // and % with every combination of signs, and the overflow of min // -1.
# jit-expect: compile >= 1


def table(n):
    total = 0
    rows = {}
    for i in range(n):
        a = i % 23 - 11
        b = i % 7 - 3
        if b == 0:
            b = 4
        q = a // b
        r = a % b
        if q * b + r != a or (r != 0 and (r < 0) != (b < 0)) or abs(r) >= abs(b):
            print("wrong", a, b, q, r)
        total = total * 3 + q * 5 + r
        total %= 1000000007
        if i < 12:
            rows[a, b] = (q, r)
    return total, rows


print(table(8000))


def constants():
    s = [0] * 8
    for i in range(-3000, 3000):
        s[0] += i // 7
        s[1] += i % 7
        s[2] += i // -7
        s[3] += i % -7
        s[4] += i // 8
        s[5] += i % 8
        s[6] += i // -8
        s[7] += i % -8
    return s


print(constants())


def edges():
    out = []
    for i in range(2000):
        a = -(2**63) if i % 2 else 2**63 - 1
        b = (-1, 1, 2, -2, 2**63 - 1, -(2**63), 3)[i % 7]
        row = (a, b, a // b, a % b)
        if i >= 1986:
            out.append(row)
    return out


for row in edges():
    print(row)


def modular(a, n):
    s = 1
    for i in range(n):
        s = (s * a + i) % 1000003
    return s


print(modular(3, 10000), modular(-3, 10000))
print([divmod(a, b) for a in (-7, 7) for b in (-2, 2)])
