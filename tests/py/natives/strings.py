# jit-expect: residual <= 6
# jit-expect: compile >= 4
# Strings in hot loops.


def compared(n):
    words = ["spam", "eggs", "ham", "spam"]
    hits = 0
    for i in range(n):
        w = words[i % 4]
        if w == "spam":
            hits += 1
        elif w != "ham":
            hits += 10
        if w < "f":
            hits += 100
        if "a" in w:
            hits += 1000
    return hits


def built(n):
    out = ""
    for i in range(n):
        out = out + "x"
        if len(out) > 20:
            out = out[3:9] + out[0]
    return out


def methods(n):
    total = 0
    for i in range(n):
        s = " Spam and Eggs "
        total += len(s.strip()) + s.find("E") + s.count("a")
        if s.startswith(" S") and not s.endswith("x"):
            total += 1
        total += len(s.split()) + len(s.lower().replace("spam", "ham"))
        total += len(",".join(["a", "b", "c"]))
    return total


def characters(n):
    text = "hello wörld"
    total = 0
    for i in range(n):
        total += ord(text[i % len(text)])
        total += len(chr(65 + i % 26))
        for c in text:
            if c == "o":
                total += 1
    return total


def formatted(n):
    total = 0
    for i in range(n):
        total += len(f"{i}") + len("%d-%s" % (i, "x")) + len(str(i)) + len(repr(i))
    return total


print(compared(3600))
print(built(3600))
print(methods(1800))
print(characters(3600))
print(formatted(1800))
