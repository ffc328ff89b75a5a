# A loop body of more than 300 statements in a straight line, and one whose
# jumps need EXTENDED_ARG. The sources are made here, so that this file is short.
# jit-expect: compile >= 1


def make(lines, name="f"):
    scope = {}
    exec("\n".join(lines), scope)
    return scope[name]


def straight():
    lines = ["def f(n):", "    a, b, c, x = 1, 2, 3, 0.5", "    for i in range(n):"]
    for k in range(400):
        lines.append("        " + (
            f"a = (a + i * {k}) & 0xFFFFF",
            "b = b ^ a",
            f"c = (c * 3 + b) % {1000 + k}",
            f"x = x * 0.5 + {k}.25",
        )[k % 4])
    lines.append("    return a, b, c, repr(x)")
    return make(lines)


print(straight()(1300))


def extended():
    lines = ["def f(n):", "    s = t = 0", "    for i in range(n):", "        if i % 3:"]
    lines += [f"            s = (s + {k}) ^ i" for k in range(150)]
    lines.append("        else:")
    lines += [f"            t = (t ^ {k}) + i" for k in range(150)]
    lines += ["        while s > 100000:"]
    lines += [f"            s = s - {k} - 10" for k in range(100)]
    lines.append("    return s, t, i")
    return make(lines)


print(extended()(1300))


def many_locals():
    names = [f"v{k}" for k in range(300)]
    lines = ["def f(n):", *(f"    {name} = {k}" for k, name in enumerate(names))]
    lines.append("    for i in range(n):")
    for k in range(300):
        lines.append(f"        v{k} = (v{(k * 7 + 1) % 300} + v{k} + i) & 0xFFFF")
    lines.append("    return " + " ^ ".join(names) + ", v0, v150, v299")
    return make(lines)


print(many_locals()(1100))


def many_floats_alive():
    lines = ["def f(n):", *(f"    x{k} = {k}.5" for k in range(40)), "    for i in range(n):"]
    lines += [f"        x{k} = x{(k + 1) % 40} * 0.5 + {k}.0" for k in range(40)]
    lines.append("    return [" + ", ".join(f"repr(x{k})" for k in range(40)) + "]")
    return make(lines)


print(many_floats_alive()(1300))


def many_constants():
    lines = ["def f(n):", "    s = 0", "    for i in range(n):"]
    lines += [f"        s = (s + {k * 1000003 + 12345}) % {k + 100000007}" for k in range(300)]
    lines.append("    return s")
    return make(lines)


print(many_constants()(1100))


def deep_expression():
    text = "i"
    for k in range(60):
        text = f"({text} + {k})" if k % 2 else f"({k} ^ {text})"
    right = "i"
    for k in range(25):
        right = f"({k} - {right})"
    lines = ["def f(n):", "    s = 0", "    for i in range(n):", f"        s += {text} - {right}"]
    lines.append("    return s")
    return make(lines)


print(deep_expression()(1500))
