# An uncaught exception with a cause, out of nested hot loops.
# jit-expect: compile >= 1
# jit-exit: 1


def run(n):
    for i in range(n):
        try:
            for j in range(4):
                if i == n - 1 and j == 2:
                    raise KeyError(i, j)
        except KeyError as e:
            raise ValueError("from the loop") from e
        finally:
            if i == n - 1:
                print("finally", i, j)


run(2500)
