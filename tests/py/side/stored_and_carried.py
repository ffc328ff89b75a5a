# jit-expect: compile >= 1
# At the end of a side path a global is stored, as the header of the loop expects, and the same
# number goes on unboxed under another name: they must stay one object.
kept = 0
same = 0
a = 3
for i in range(40000, -5, -3):
    if i > 39990:
        pass
    else:
        kept = a
        if i & 4:
            pass
        else:
            if i is int:
                pass
            else:
                a = a % 700 - 5
    if i % 1000 < 30:
        same += kept is a
print(i, a, kept, same, kept is a)


a = 3
for i in range(40, -5, -3):
    if i > 38:
        pass
    else:
        G3 = a
        if i & 4:
            pass
        else:
            if i is int:
                pass
            else:
                a = a % 700 - 5
    pass
print(i, a, G3, a is G3)
