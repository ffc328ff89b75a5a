# import statements and attribute chains of modules inside hot loops.


def imports(n):
    s = 0
    for i in range(n):
        import math
        from os import path
        import os.path as p

        s += math.floor(i / 2) + (path is p)
    return s


def late_import(n):
    c = 0
    for i in range(n):
        if i == n // 2:
            import colorsys
        if i > n // 2:
            c += colorsys.ONE_THIRD > 0.3
    return c


def failing_import(n):
    c = 0
    for i in range(n):
        try:
            import does_not_exist_at_all
        except ModuleNotFoundError as e:
            c += 1
            text = str(e)
    return c, text


def import_name_missing(n):
    c = 0
    for i in range(n):
        try:
            from math import nothing_like_it
        except ImportError as e:
            c += 1
    return c


print(imports(2000))
print(late_import(3000))
print(failing_import(150))
print(import_name_missing(300))
