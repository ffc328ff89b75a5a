# Equal numbers that the program computed twice are two objects, and one that it copied is one.
# jit-expect: compile >= 1

def add_zero(n):
    hits = 0
    x = 1000
    for i in range(n):
        x = 1000 + i
        y = x + 0
        if y is x:
            hits += 1
        z = x * 1
        if z is x:
            hits += 1000000
    return hits

def cse(n):
    a = b = 0
    hits = 0
    for i in range(n):
        a = i * 1000
        b = i * 1000
        hits += 1
    return hits, a is b, a == b

def cse_list(n):
    out = [None] * n
    other = [None] * n
    for i in range(n):
        a = i * 1000 + 7
        b = i * 1000 + 7
        out[i] = a
        other[i] = b
    return sum(x is y for x, y in zip(out, other)), sum(out) == sum(other)

def const_pair(n):
    x = 5000
    y = 7000
    hits = 0
    for i in range(n):
        hits += 1
        x, y = y, 100000
    return x is y, hits

def const_chain(n):
    x, y, z = 5000, 6000, 7000
    for i in range(n):
        x, y, z = y, z, 100000
    return x is y, y is z, x is z

def float_chain(n):
    x, y, z = 5000.0, 6000.0, 7000.0
    for i in range(n):
        x, y, z = y, z, 100000.5
    return x is y, y is z, x is z

def arg_rotate(n, a, b, c):
    ids = {id(a): 'a', id(b): 'b', id(c): 'c'}
    for i in range(n):
        a, b, c = b, c, a
    return ids.get(id(a)), ids.get(id(b)), ids.get(id(c))

def copy_of_arg(n, a):
    b = 0
    k = 0
    for i in range(n):
        b = a
        k += i
    return a is b, k

def int_float_of(n, a, f):
    for i in range(n):
        b = int(a)
        g = float(f)
        c = abs(a)
        h = abs(f)
    return b is a, g is f, c is a, h is f

def fl(n):
    for i in range(n):
        x = i * 1.5
        y = x * 1.0
        z = x - 0.0
        w = x / 1.0
    return y is x, z is x, w is x

def minmax(n, a, b):
    for i in range(n):
        m = max(a, b)
        k = min(a, b)
        e = max(a, a)
    return m is a, m is b, k is a, k is b, e is a

def while_ident(n):
    i = 0
    last = None
    same = 0
    while i < n:
        j = i
        i += 1
        if j is last:
            same += 1
        last = i
    return same, j is last

print(add_zero(5000), cse(5000), cse_list(5000), const_pair(5000), const_chain(5000), float_chain(5000))
for n in (3000, 3001, 3002):
    print(arg_rotate(n, 10**6, 10**6 + 1, 10**6 + 2), arg_rotate(n, 1.5, 2.5, 3.5), arg_rotate(n, 1.5, 10**7, "x"))
    print(const_pair(n), const_chain(n))
print(copy_of_arg(5000, 12345), copy_of_arg(5000, 1.25), copy_of_arg(5000, 2**70), copy_of_arg(5000, "s"))
print(int_float_of(5000, 123456, 2.5), int_float_of(5000, -123456, -2.5))
print(fl(5000), minmax(5000, 1000, 2000), minmax(5000, 2000, 1000), minmax(5000, 1000, 1000.0), minmax(5000, 5, 5))
print(while_ident(5000))
def sub(n):
    a = 0; b= 0
    for i in range(n):
        a = i | 0
        b = i & -1
        c = i ^ 0
        d = i << 0
        e = i // 1
        f = i - 0
        g = ~~i
        h = - -i
        k = i ** 1
    return [x is y for x in (a, b, c, d, e, f, g, h, k, i) for y in (a, b, c, d, e, f, g, h, k, i)]
print(sub(5000))
def small(n):
    h = 0
    for i in range(n):
        a = i % 10
        b = a + 0
        c = a * 1
        if i == n - 3: break
    return a is b, a is c, b is c
print([small(n) for n in range(3000, 3012)])
def delay(n):
    x = 1000; y = 2000; a = 3000; b = 4000
    for i in range(n):
        x = a
        y = b
        v = i + 1000
        a = v
        b = v
    return x is y, a is b, x, y
print(delay(3000), delay(1), delay(2), delay(3))
def fib(n, a, b):
    a0, b0 = a, b
    for i in range(n):
        if i == 5000: return
        a, b = b, a + b & 0xFFFFF
    return a is b0, b is b0, a
fib(3000, 1000, 2000)
print([fib(n, 1000, 2000) for n in range(8)])
def prev(n, x):
    p = None; q = x; o = x
    for i in range(n):
        p = q
        q = q + 1.5
    return p is o, p, q
prev(4000, 1.0)
print([prev(n, 1.0) for n in range(6)], [prev(n, 100000) for n in range(6)])
def flags(n):
    hi = 10000; lo = -10000; seen = None
    for i in range(n):
        if i % 2: seen = 10000
        else: seen = hi
        hi, lo = seen, hi
    return seen is hi, lo is hi, seen is lo
print(flags(4000), flags(4001), flags(3))
def dup(n):
    l = [0] * 3
    for i in range(n):
        x = i + 1000
        y = x
        l[0] = x
        z = x + 0
        l[1] = z
        l[2] = y
    return l[0] is l[2], l[0] is l[1], l[0] is x, y is x, z is l[1], z is x
print(dup(4000))
x = 1000; y = 2000; z = 3000.5
for i in range(5000):
    x, y, z = y, z, 100000
print(x is y, y is z)
for i in range(5000):
    x = i * 3; y = i * 3; z = x
print(x is y, x is z)
