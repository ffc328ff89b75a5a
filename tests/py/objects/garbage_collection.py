# Collections forced and automatic in hot loops that make cycles.
import gc


class Node:
    count = 0

    def __init__(self):
        self.me = self
        Node.count += 1

    def __del__(self):
        Node.count -= 1


def cycles(n):
    for i in range(n):
        Node()
        if i % 500 == 499:
            gc.collect()
    gc.collect()
    return Node.count


print(cycles(2000))


def thresholds(n):
    old = gc.get_threshold()
    gc.set_threshold(5, 2, 2)
    s = 0
    keep = []
    for i in range(n):
        a = [i]
        b = [a]
        a.append(b)
        keep.append(i * 2)
        s += len(a) + b[0][0] + keep[-1]
    gc.set_threshold(*old)
    return s, len(keep)


print(thresholds(3000))


def values_survive(n):
    xs = [[k, float(k)] for k in range(50)]
    s = 0.0
    for i in range(n):
        x = xs[i % 50]
        s += x[0] * x[1]
        if i % 700 == 0:
            gc.collect()
        x[0] = i
    gc.collect()
    return repr(s), xs[3]


print(values_survive(3000))


def disabled(n):
    gc.disable()
    s = 0
    for i in range(n):
        s += [i, i][0]
    gc.enable()
    return s, gc.isenabled()


print(disabled(3000))
