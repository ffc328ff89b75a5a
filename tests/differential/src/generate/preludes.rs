//! What random programs begin with: the names that the templates use.
//!
//! Invariant: what it prints differs from no run to another.
//!
//! Example: `note('$u', e)` in a template counts an exception under a label, with the function
//! `note` from here.

/// What every program begins with.
pub const PRELUDE: &str = r#"import builtins
import gc
import math
import sys

# An element of `xs` may grow beyond what `repr` takes.
sys.set_int_max_str_digits(0)

INF = float("inf")
NAN = float("nan")
LIMIT = 1 << 70
noted = {}
real = {name: getattr(builtins, name) for name in ("abs", "len", "min", "int")}


def note(where, error):
    lines = []
    tb = error.__traceback__
    while tb is not None and not lines[7:]:
        lines.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
        tb = tb.tb_next
    causes = (type(error.__context__).__name__, type(error.__cause__).__name__)
    # A specialized += is called + in messages.
    text = str(error).replace("=: '", ": '")
    key = (str(where), type(error).__name__, text, str(lines), causes)
    noted[key] = noted.get(key, 0) + 1


def divmod_sum(x, y):
    q, r = divmod(x, y)
    return q + r


def show(name, values, trail):
    print(name, repr(values))
    for row in trail:
        print(" ", repr(row))
    for key in sorted(noted):
        print(" ", key, noted[key])
    noted.clear()
"#;

/// What programs made of scenes have besides.
pub const SCENE_PRELUDE: &str = r#"

def plain(names):
    kinds = (int, float, bool, str, tuple, list, type(None))
    pairs = sorted((name, value) for name, value in names.items() if type(value) in kinds and name < "e")
    return [(name, repr(value)) for name, value in pairs]


def tame(values):
    for index, value in enumerate(values):
        if type(value) is int and not -LIMIT < value < LIMIT:
            values[index] = index


def restore():
    sys.settrace(None)
    sys.setprofile(None)
    for name, value in real.items():
        setattr(builtins, name, value)
        globals().pop(name, None)


def call(unit, *args):
    try:
        result = unit(*args)
        if result is not None:
            print("returned", repr(result))
    except Exception as e:
        note("call", e)
    finally:
        restore()
    show("after", unit.__name__, ())
"#;
