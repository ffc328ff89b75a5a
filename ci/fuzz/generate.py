"""Print a random program made by pysource-codegen: `generate.py SEED`.

It makes any Python that can be compiled. So that it also runs, and runs hot,
what it makes is changed in three ways and put into a frame:

- every loop and function counts its rounds, and the program ends after some;
- names have values: builtins `name_0`, `name_1`, ... of many types;
- each statement of the module runs several times, in a loop of its own, and
  what it raises is printed by its type and line.

Invariant: the same seed and package versions give the same program.

Example: `pass` becomes `for turn in range(12): try: pass ...`.
"""

import ast
import sys
import textwrap
import warnings

from pysource_codegen import generate

HEAD = '''\
import builtins
import sys

sys.setrecursionlimit(120)
sys.set_int_max_str_digits(0)


class Over(BaseException):
    pass


class Thing:
    name_0 = 1

    def __init__(self, *args, **kw):
        self.name_1 = len(args)

    def __call__(self, *args, **kw):
        return len(args)

    def __enter__(self):
        return 3

    def __exit__(self, *args):
        return False

    def __repr__(self):
        return "Thing"


rounds = 0


def tick():
    global rounds
    rounds += 1
    if rounds > 3000:
        raise Over


def refill(turn):
    builtins.name_0 = turn
    builtins.name_1 = [1, 2.5, turn]
    builtins.name_2 = 1.5 * turn
    builtins.name_3 = Thing()
    builtins.name_4 = {1: turn, 2: (1, 2)}
    builtins.name_5 = 9223372036854775806 + turn


seen = {}


def saw(number, turn, error):
    lines = []
    tb = error.__traceback__
    while tb is not None and not lines[6:]:
        lines.append(tb.tb_lineno)
        tb = tb.tb_next
    key = (number, type(error).__name__, str(lines))
    seen[key] = seen.get(key, 0) + 1


def shown():
    kinds = (int, float, bool, str, tuple)
    for name in ["name_%d" % n for n in range(6)]:
        for where in (globals(), vars(builtins)):
            value = where.get(name)
            if type(value) in kinds and " at 0x" not in repr(value):
                print(name, repr(value)[:200])
    for key in sorted(seen):
        print(key, seen[key])

'''


class Counted(ast.NodeTransformer):
    """Puts a call of `tick` at the start of every loop's and function's body."""

    def counted(self, node):
        self.generic_visit(node)
        tick = ast.Expr(ast.Call(ast.Name("tick", ast.Load()), [], []))
        first = node.body[0]
        docstring = (
            not isinstance(node, (ast.For, ast.While, ast.AsyncFor))
            and isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
        )
        node.body.insert(int(docstring), tick)
        return node

    visit_For = visit_AsyncFor = visit_While = counted
    visit_FunctionDef = visit_AsyncFunctionDef = counted


def program(source):
    tree = ast.parse(source)
    # Imports of the future must come first, star imports find nothing.
    statements = [
        node
        for node in tree.body
        if not (isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*"))
    ]
    out = [HEAD]
    for number, node in enumerate(statements):
        node = ast.fix_missing_locations(Counted().visit(node))
        text = ast.unparse(node)
        try:
            compile(text, "statement", "exec")
        except (SyntaxError, ValueError):
            continue
        if "global " in text or "await" in text and not text.startswith("async def"):
            continue
        out.append(
            f"for turn in range(12):\n    refill(turn)\n    try:\n        rounds = 0\n"
            f"{textwrap.indent(text, ' ' * 8)}\n"
            f"    except (Exception, Over) as error:\n        saw({number}, turn, error)\n"
        )
    out.append("shown()\n")
    return "\n".join(out)


def main():
    warnings.simplefilter("ignore")
    seed = int(sys.argv[1])
    print(f"# Random program of pysource-codegen, seed {seed}.")
    print(program(generate(seed, node_limit=600, depth_limit=8)))


if __name__ == "__main__":
    main()
