# Tools that look at the code of a function that is running compiled.
# jit-expect: compile >= 1
import dis
import io


def loop(n):
    s = 0
    for i in range(n):
        s += i & 7
    while s % 5:
        s += 1
    return s


def listing(code):
    out = io.StringIO()
    dis.dis(code, file=out)
    return out.getvalue()


before = loop.__code__.co_code
listed = listing(loop.__code__)
positions = list(loop.__code__.co_positions())
lines = list(loop.__code__.co_lines())
print(loop(5000))
print(loop.__code__.co_code == before)
print(listing(loop.__code__) == listed)
print(list(loop.__code__.co_positions()) == positions, list(loop.__code__.co_lines()) == lines)

names = [instruction.opname for instruction in dis.get_instructions(loop)]
print([name for name in names if "EXECUTOR" in name or "JIT" in name])

copy = loop.__code__.replace(co_name="copy")
print(copy.co_name, copy.co_code == before, copy == loop.__code__, hash(copy) == hash(loop.__code__))
exec_copy = type(loop)(copy, globals())
print(exec_copy(3000), loop(3000))


def inside(n):
    code = inside.__code__
    first = code.co_code
    c = 0
    for i in range(n):
        c += 1
        if i % 500 == 499 and code.co_code != first:
            print("changed", i)
    return c, code.co_code == first, len(code.co_consts), code.co_varnames


print(inside(3000))

other = loop.__code__.replace(co_consts=tuple(9 if c == 7 else c for c in loop.__code__.co_consts))
loop.__code__ = other
print(loop(5000))


def swapped_while_running(n):
    def f(k, swap):
        s = 0
        for i in range(k):
            s += 1
            if i == k // 2:
                swap()
        return s

    def g(k, swap):
        return -k

    def swap():
        f.__code__ = g.__code__

    return f(n, swap), f(n, swap)


print(swapped_while_running(3000))

import marshal

print(marshal.loads(marshal.dumps(loop.__code__)).co_code == loop.__code__.co_code)
