# Calls that fill parameters by position, by keyword and from defaults, and what
# can change about that while a loop runs.
# jit-expect: compile >= 10
import sys

SHARED = [1, 2]


def scaled(x, factor=3, offset=1):
    return x * factor + offset


def halved(x, factor=0.5):
    return x * factor


def big(x, bias=1 << 20):
    return x + bias


def maybe(x, other=None):
    if other is None:
        return x
    return other


def given(x, *, plus, times=2):
    return x * times + plus


def only(x, /, y, *, z):
    return x - y * z


def shared(x, to=SHARED):
    return to


def same(x, default=2.5):
    return default


def positional(n):
    total = 0
    for i in range(n):
        total += scaled(i)
        total += scaled(i, 2)
        total += scaled(i, 2, i)
    return total


def by_keyword(n):
    total = 0
    for i in range(n):
        total += scaled(i, offset=5)
        total += scaled(offset=i, x=2)
        total += scaled(factor=i, offset=i, x=i)
    return total


def floats(n):
    total = 0.0
    for i in range(n):
        total += halved(i) + halved(total, factor=0.25)
    return total


def outside_of_the_cache(n):
    total = 0
    for i in range(n):
        total += big(i)
    return total


def none_or_not(n):
    total = 0
    for i in range(n):
        total += maybe(i)
        total += maybe(i, 1) + maybe(i, other=i)
    return total


def keyword_only(n):
    total = 0
    for i in range(n):
        total += given(i, plus=1, times=3)
        total += given(i, plus=i)
        total += only(i, 2, z=i)
    return total


def identities(n):
    counts = [0, 0, 0]
    last = None
    for i in range(n):
        found = shared(i)
        counts[0] += found is SHARED
        value = same(i)
        counts[1] += value is same.__defaults__[0]
        counts[2] += last is value
        last = value
    return counts, sys.getrefcount(SHARED)


def defaults_change(n):
    values = []
    total = 0
    for i in range(n):
        total += scaled(i)
        if i == n // 2:
            values.append(total)
            scaled.__defaults__ = (7, 0)
        if i == n * 3 // 4:
            values.append(total)
            scaled.__defaults__ = (3, 1)
    values.append(total)
    return values


def keyword_defaults_change(n):
    total = 0
    for i in range(n):
        total += given(i, plus=1)
        if i == n // 2:
            given.__kwdefaults__["times"] = 5
    given.__kwdefaults__["times"] = 2
    return total


def missing(n):
    total = 0
    errors = []
    for i in range(n):
        try:
            total += given(i, plus=1) if i % 50 else given(i)
        except TypeError as e:
            errors.append(str(e))
    return total, len(errors), errors[0]


def dies(n):
    # The default goes when the function does, and what it returned stays.
    total = 0
    kept = None
    for i in range(n):
        def fresh(x, held=[1.5, 2.5]):
            return held

        kept = fresh(i)
        fresh = None
        total += len(kept)
        kept.append(i)
    return total, kept


def local_lambda(n):
    total = 0
    f = lambda x, y=1000003: y
    kept = 0
    for i in range(n):
        kept = f(i)
        if i == n - 2:
            f = lambda x, y=7: y
        total += kept
    return total, kept


def look():
    frame = sys._getframe(1)
    return frame.f_code.co_name, frame.f_lineno, sorted(frame.f_locals)


def looked_at(x, every=97, seen=None):
    if x % every == 0:
        seen.append((look(), sys._getframe().f_back.f_code.co_name))
    return x


def looks(n):
    seen = []
    total = 0
    for i in range(n):
        total += looked_at(i, seen=seen)
    return total, len(seen), seen[-1]


def divides(x, by=7):
    return 100 // (x - by)


def raises(n):
    import traceback

    total = 0
    for i in range(n):
        try:
            total += divides(i)
            total += divides(i, by=3)
        except ZeroDivisionError:
            total += 1
            lines = traceback.format_exc()
    return total, lines


for unit in (
    positional,
    by_keyword,
    floats,
    outside_of_the_cache,
    none_or_not,
    keyword_only,
    identities,
    defaults_change,
    keyword_defaults_change,
    missing,
    dies,
    local_lambda,
    looks,
    raises,
):
    for n in (30, 5000):
        print(unit.__name__, n, unit(n))
