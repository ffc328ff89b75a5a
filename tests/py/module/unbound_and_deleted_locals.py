# Locals that are unbound in some iterations, and deleted in others.
# jit-expect: compile >= 1


def unbound_at_first(n):
    errors = 0
    for i in range(n):
        try:
            x += 1
        except UnboundLocalError as e:
            errors += 1
            message = str(e)
            x = 0
    return x, errors, message


def deleted_sometimes(n):
    errors = s = 0
    x = 1
    for i in range(n):
        if i % 500 == 499:
            del x
        try:
            s += x
        except UnboundLocalError as e:
            errors += 1
            message = str(e)
            x = i
    return s, errors, message


def deleted_always(n):
    s = 0
    for i in range(n):
        t = i * 2
        s += t
        del t
    try:
        t
    except UnboundLocalError as e:
        return s, str(e)


def deleted_twice(n):
    x = 1
    done = 0
    try:
        for i in range(n):
            done += 1
            if i >= n - 2:
                del x
    except UnboundLocalError as e:
        return done, str(e)


def loop_variable_of_empty(n):
    for i in range(n):
        for j in range(0):
            pass
    try:
        return j
    except UnboundLocalError as e:
        return i, str(e)


def exception_variable(n):
    c = 0
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError as e:
            c += e.args[0]
        try:
            e
        except UnboundLocalError:
            c += 1
    return c


def conditional_binding(n):
    c = 0
    for i in range(n):
        if i % 2 == 0:
            y = i
        try:
            c += y
            if i % 4 == 3:
                del y
        except UnboundLocalError:
            c -= 1
    return c


for function in (
    unbound_at_first, deleted_sometimes, deleted_always, deleted_twice, loop_variable_of_empty,
    exception_variable, conditional_binding,
):
    print(function.__name__, function(3000))
