# Lists and strings built in hot loops.


def append(n):
    xs = []
    for i in range(n):
        xs.append(i * 2)
    return len(xs), xs[-3:], sum(xs)


def bound_append(n):
    xs = []
    add = xs.append
    for i in range(n):
        add(i / 2)
    return len(xs), xs[-1]


def append_kinds(n):
    xs = []
    for i in range(n):
        xs.append(i if i % 3 == 0 else i * 0.5 if i % 3 == 1 else str(i))
    return xs[-4:]


def insert_and_pop(n):
    xs = []
    for i in range(n):
        xs.insert(i % (len(xs) + 1), i)
        if len(xs) > 50:
            xs.pop(i % 50)
    return sum(xs), xs[:6]


def concatenate(n):
    s = ""
    for i in range(n):
        s += "ab"[i & 1]
        if len(s) > 100:
            s = s[50:]
    return s


def join(n):
    parts = []
    for i in range(n):
        parts.append(str(i))
    text = ",".join(parts)
    return len(text), text[-10:]


def methods(n):
    c = 0
    for i in range(n):
        t = "Hello,World"
        c += t.find("W") + len(t.split(",")) + t.upper().count("L") + t.startswith("He")
    return c


def characters(n):
    text = "abcdefghij" * (n // 10)
    c = 0
    for ch in text:
        if ch in "aeiou":
            c += ord(ch)
        elif ch > "f":
            c -= 1
    return c


def repeat(n):
    c = 0
    for i in range(n):
        c += len("ab" * (i % 5)) + len([0] * (i % 4)) + len((1, 2) * (i % 3 - 1))
    return c


def format_percent(n):
    c = 0
    for i in range(n):
        c += len("%d-%s-%x" % (i, "q", i))
    return c


def stack(n):
    xs = []
    s = 0
    for i in range(n):
        xs.append(i)
        if i % 3 == 2:
            s += xs.pop() - xs.pop()
    return s, len(xs)


for function in (
    append, bound_append, append_kinds, insert_and_pop, concatenate, join, methods, characters,
    repeat, format_percent, stack,
):
    print(function.__name__, function(3000))
