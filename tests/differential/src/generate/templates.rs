//! The tables that [`super::scenes`] expands: themes and their statements.
//!
//! | in a template | becomes |
//! |---|---|
//! | `$v` `$w` | a variable of the unit, another draw at each place |
//! | `$e` `$x` | an expression, a short one |
//! | `$a $r` | an arithmetic operator and its right operand |
//! | `$c` | a condition |
//! | `$n` `$z` | an int constant, any constant |
//! | `$k` `$K` | a digit 0 to 7, 1 to 5 |
//! | `$i` | a number that the outer loop's `i` most likely reaches |
//! | `$j` | the loop variable of this nesting level |
//! | `$u` `$U` | a number never used before in this program, for a label, as an operand |
//! | `$O` | a new object of a class of the theme `objects` |
//! | `$b` | alone on a line: a block of further statements |
//!
//! A number `$1` to `$9` repeats the first, second, ... variable drawn in this
//! template, so `$v = $v + $1` may become `b = c + b`.
//!
//! A template that begins with `!` is used at most once a unit. Weights are
//! relative within a table. Statements that may raise are put under guards by
//! the expansion, not by the tables.
//!
//! No variable of a unit ever is a list: a `+=` that the interpreter has specialized for numbers
//! does `+` when it meets one (tests/README.md), as a tuple or a number could not tell.
//!
//! Invariant: a template terminates whatever its placeholders become, and
//! prints nothing that differs from run to run.
//!
//! Example: `if i == $i:\n    $v = $z` may become `if i == 17:\n    c = -0.0`.

/// Weighted templates.
pub type Table = &'static [(u32, &'static str)];

/// Something that units can be about.
#[derive(Debug)]
pub struct Theme {
    pub name: &'static str,
    /// How often it is chosen.
    pub weight: u32,
    /// Classes and functions that its statements use.
    pub helpers: &'static str,
    /// Statements before the loop.
    pub setup: &'static str,
    pub statements: Table,
    /// What is printed at the end of a unit, beside its variables.
    pub shown: &'static str,
}

/// Statements that any unit may have.
pub const CONTROL: Table = &[
    (10, "$v = $e"),
    (8, "$v = $1 $a $r"),
    (6, "$v $a= $r"),
    (4, "$v = $x"),
    (3, "$v = $1 + $x - i"),
    (2, "$v, $w = $w, $v"),
    (2, "$v, $w = $2, $1"),
    (2, "$v, $w, $v = $3, $1, $2"),
    (2, "$v = $w = $e"),
    (1, "$v = ($x + $x\n      - $x\n      + $x)"),
    (3, "$v = xs[$x]"),
    (3, "$v = xs[i & 7]"),
    (3, "xs[$k] = $e"),
    (2, "xs[i & 7] $a= $r"),
    (2, "xs[$k], xs[$k] = xs[$k], $v"),
    (3, "if $c:\n    $b"),
    (3, "if $c:\n    $b\nelse:\n    $b"),
    (2, "if i < $i:\n    $b\nelif $c:\n    $b\nelse:\n    $b"),
    (2, "if i > $i:\n    $b"),
    (4, "if i == $i:\n    $v = $z"),
    (3, "for $j in range($K):\n    $b"),
    (2, "for $j in range($x & 7, -2, -$K):\n    $b"),
    (2, "for $j in range($k, 2 * $k):\n    $b\n    $v = $j"),
    (2, "$j = 0\nwhile $j < $K:\n    $j += 1\n    $b"),
    (
        1,
        "$j = $K\nwhile $j:\n    $j -= 1\n    $b\n    if $c: break\nelse:\n    $v = $x",
    ),
    (
        1,
        "for $j in range($K):\n    if $c: continue\n    $b\n    if $c: break\nelse:\n    $v = $e",
    ),
    (
        1,
        "for $j in range($K):\n    for h in range($j):\n        $v = $1 + h * $j\n    $b",
    ),
    (1, "for $j in range($K):\n    pass\n$v = $j"),
    (
        2,
        "for $j in range((q := $n) - 2, q + 3):\n    $v = $j\n    $b",
    ),
    (
        1,
        "for $j in range((q := $n) + 3, q - 3, -$K):\n    $b\n    $v = $1 + $j",
    ),
    (
        1,
        "$j = $n\nfor q in range($K):\n    $j += 1\n    $v = $j\n    $b",
    ),
    (
        1,
        "it = iter(range($k, 12))\nfor $j in it:\n    $v = $j\n    if $c: $w = next(it, $z)\n    $b",
    ),
    (
        1,
        "it = iter(xs)\nfor $j in it:\n    $v = $j\n    if $c: $w = next(it, $z)\nelse:\n    $v = len(list(it))",
    ),
    (1, "for $j in xs:\n    $v = $1 + $j\n    $b"),
    (
        1,
        "for $j in range(len(xs)):\n    xs[$j] = xs[$j - 1] + $K\n    $b",
    ),
    (1, "for $j in range(-8, 8):\n    $v = xs[$j]"),
    (1, "if i == $i:\n    i = float(i)"),
    (
        1,
        "$j = 0\nwhile True:\n    $j += 1\n    if $j > $K:\n        break\n    $b",
    ),
    (1, "if $c:\n    continue"),
    (1, "if i == $i and $c:\n    break"),
    (
        1,
        "match $v:\n    case 0 | 1:\n        $v = $x\n    case int() if $c:\n        $b\n    case float():\n        $v = $x\n    case _:\n        pass",
    ),
    (
        1,
        "match ($v, $w):\n    case (int(q), float()):\n        $v = q\n    case (q, 0):\n        $v = $x\n    case [_, q]:\n        $v = q",
    ),
    (1, "if ($v := $x) != $z:\n    $v = $w"),
    (1, "assert $c, $u"),
    (1, "$v = $x and $x or $x"),
    (1, "$v = $x if $c else $x"),
    (1, "$v = $x < $x < $x"),
    (1, "$v = not $x"),
    (1, "$v = -$w"),
    (1, "$v = i"),
    (1, "$v = [q $a $x for q in range($K)][-1]"),
    (1, "$v = int($x) if type($v) is float else float($x)"),
];

/// All themes.
pub static THEMES: &[Theme] = &[
    Theme {
        name: "containers",
        weight: 10,
        helpers: "",
        setup: "ys = [0, 1.5, -0.0, 3]\nm = {0: 1, 1: 2.5, 2: 1 << 62}\nt = (1, 2.5, 1 << 63)",
        statements: &[
            (4, "if len(ys) < 30:\n    ys.append($e)"),
            (2, "if len(ys) < 30: ys.append($v)"),
            (2, "if ys:\n    $v = ys.pop()"),
            (1, "$v = ys.pop($k)"),
            (3, "$v = ys[$k]"),
            (2, "$v = ys[-$K]"),
            (2, "ys[$k] = $e"),
            (2, "ys[$k] $a= $r"),
            (
                2,
                "for $j in ys:\n    if len(ys) < 40: ys.append($j)\n    $v = $j",
            ),
            (2, "for $j in ys:\n    if $c: ys.pop()\n    $b"),
            (2, "for $j in range(len(ys)):\n    $v = ys[$j]"),
            (1, "for $j in range(len(ys)):\n    ys[$j] = $x\n    $b"),
            (1, "del ys[0]"),
            (1, "if len(ys) > 4: ys[1:3] = [$x]"),
            (1, "if len(ys) < 30: ys.insert($k, $x)"),
            (1, "ys.reverse()"),
            (1, "$v = len(ys)"),
            (1, "$v = len(ys) + len(m) * len(t)"),
            (1, "$v = sum(ys)"),
            (1, "$v = max(ys)"),
            (1, "if $v in ys:\n    $w = ys.index($v)"),
            (1, "ys = ys[$k:]"),
            (1, "ys = [$v, $w] + ys[:10]"),
            (1, "ys = list(range($K))"),
            (1, "zs = ys\nzs[0] = $x\n$v = ys[0]"),
            (2, "m[$k] = $e"),
            (2, "$v = m[$k]"),
            (2, "m[$k] $a= $r"),
            (1, "$v = m.get($k, $x)"),
            (1, "m[$v] = i"),
            (1, "$v = m.pop($k)"),
            (1, "del m[$k]"),
            (1, "if $k in m:\n    $b"),
            (1, "for $j in m:\n    m[$j] = $x"),
            (1, "for $j in m:\n    if i == $i: m[-1 - i] = $x\n    $b"),
            (1, "for $j, q in m.items():\n    $v = q\n    $b"),
            (1, "$v, *rest = ys"),
            (1, "*rest, $v = xs"),
            (1, "$v, $w = ys[0], ys[-1]"),
            (1, "$v, $w = ys"),
            (1, "$v = [q for q in ys if q][0]"),
            (1, "$v = sum(q * $x for q in range($K))"),
            (1, "m = {q: $x for q in range($K)}"),
            (1, "$v = t[$k]"),
            (1, "t = ($v, $w, t[0])"),
            (1, "if i == $i:\n    t = ($x,)"),
            (1, "for $j, q in zip(ys, range($K)):\n    $v = $j\n    $b"),
            (1, "for $j, q in enumerate(ys):\n    $v = $1 + $j\n    $b"),
            (1, "for $j in reversed(ys):\n    $b"),
            (1, "for $j in t:\n    $v = $j\n    $b"),
            (1, "for $j in b'ab\\xff':\n    $v = $1 + $j"),
            (1, "for $j in 'abc':\n    $v = ord($j)"),
            (1, "if i == $i:\n    xs = tuple(xs)"),
            (1, "if i == $i:\n    ys = m"),
            (1, "if i == $i:\n    ys = 'text'"),
        ],
        // Counts come first: what waits on the value stack is counted in compiled code, where
        // the interpreter may only lend it.
        shown: "(sys.getrefcount(xs), ys, m, t)",
    },
    Theme {
        name: "instances",
        weight: 10,
        helpers: r#"
class Node:
    def __init__(self, v, next):
        self.v = v
        self.next = next
        self.hits = 0

    def hit(self):
        self.hits += 1
        return self.hits

    def after(self, v):
        return Node(v, self)


class Vec:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def dot(self, other):
        return self.x * other.x + self.y * other.y

    def grow(self, k):
        self.x = self.x + k
        self.y = self.x
        return self

    def swap(self, other):
        self.x, other.x = other.x, self.x
        return other.x

    def both(self, other, k):
        self.x = k
        other.x = self.x + 1
        return self.x

    def __repr__(self):
        return "Vec(%r, %r)" % (self.x, self.y)


class Cellar:
    __slots__ = ("x", "y")
    add = Vec.add
    grow = Vec.grow
    swap = Vec.swap

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return "Cellar(%r, %r)" % (self.x, self.y)


ended = [0, 0]


class Ending(Node):
    def __del__(self):
        ended[0] += 1
        ended[1] = self.v


def links(node):
    count = 0
    while node is not None:
        count += 1
        node = node.next
    return count
"#,
        setup: "head = None\nnodes = [Node(k, None) for k in range(6)]\nw = Vec(1.5, 2)\nkeep = Vec(0, 0.5)\npairs = [(k, k * 0.5) for k in range(5)]\nwhich = [w, keep, w]",
        statements: &[
            (
                3,
                "for node in nodes:\n    $v = node.v\n    node.hits = node.hits + 1",
            ),
            (2, "for node in nodes:\n    $v = node.hit()"),
            (2, "for node in nodes:\n    node.v = $x"),
            (1, "for node in nodes:\n    $b"),
            (2, "head = Node($x, head)"),
            (1, "head = Ending($x, head)"),
            (1, "if head is not None:\n    head = head.after($x)"),
            (2, "if head is not None:\n    head = head.next"),
            (
                2,
                "node = head\nwhile node is not None:\n    $v = node.v\n    node = node.next",
            ),
            (
                1,
                "while head is not None:\n    $v = head.v\n    head = head.next",
            ),
            (1, "$v = links(head)"),
            (
                1,
                "last, node = None, head\nwhile node is not None:\n    last, node = node, node.next",
            ),
            (2, "w = w.add(keep)"),
            (2, "$v = w.add(w).dot(keep)"),
            (1, "$v = Vec($x, $x).dot(Vec($k, $x))"),
            (1, "$v = Vec($x, $v).add(w).x"),
            (1, "keep = Vec($v, $1)"),
            (1, "w.x, w.y = w.y, w.x"),
            (1, "keep.x = w.x"),
            (1, "w.x = $v\nw.y = $1"),
            (2, "$v = w.grow($k).y"),
            (2, "$v = w.swap(keep)"),
            (1, "$v = w.swap(w)"),
            (2, "$v = which[$k % 3].both(which[i % 3], $x)"),
            (1, "which[$k % 3] = Vec($x, 1)"),
            (1, "nodes[$K] = Node($x, nodes[0])"),
            (1, "nodes[$K] = Ending($x, None)"),
            (1, "nodes[0], nodes[1] = nodes[1], nodes[0]"),
            (
                1,
                "node = nodes[$K]\nnodes[$K] = head\nhead = node\nnodes[1] = nodes[2] = nodes[3] = nodes[4] = nodes[5] = nodes[0]",
            ),
            (2, "for p, q in pairs:\n    $v = p * q"),
            (1, "pairs.append(($x, $k))\npairs.pop(0)"),
            (1, "$v = len([q for q in nodes if q.v is None])"),
            (1, "$v = sum([q.hits for q in nodes])"),
            (1, "if isinstance(w, Vec):\n    $b"),
            (1, "if w:\n    $v = $x"),
            (1, "if i == $i:\n    w = Cellar($x, $x)"),
            (1, "if i == $i:\n    Vec.dot = lambda self, other: self.y"),
            (
                1,
                "if i == $i:\n    Vec.__init__ = lambda self, x, y: (setattr(self, 'y', y), setattr(self, 'x', x))[2:]",
            ),
            (1, "if i == $i:\n    w.__dict__['z'] = 1"),
            (1, "if i == $i:\n    del keep.x\n    keep.x = 3"),
            (1, "if i == $i:\n    nodes[$K].hit = lambda: 7"),
            (1, "if i == $i:\n    keep.__dict__ = w.__dict__"),
            (1, "if i == $i:\n    keep = w"),
            (1, "$v = ended[0]"),
            (1, "nodes.append(nodes.pop())"),
        ],
        shown: "([sys.getrefcount(q) for q in (w, keep)], [q.hits for q in nodes], links(head), w, keep, ended)",
    },
    Theme {
        name: "objects",
        weight: 10,
        helpers: r#"
class Point:
    scale = 2

    def __init__(self, p, q):
        self.p = p
        self.q = q

    def step(self, k):
        self.p = self.p + k
        return self.p

    def plus(self, x, y=1, *more, z=0):
        return self.q + x + y + z + len(more)

    @property
    def both(self):
        return self.p + self.q

    @both.setter
    def both(self, value):
        self.p = value

    @staticmethod
    def twice(x):
        return x + x

    @classmethod
    def scaled(cls, x):
        return cls.scale + x

    def __repr__(self):
        return "%s(%r)" % (type(self).__name__, sorted(self.__dict__.items(), key=repr))


class Sub(Point):
    def step(self, k):
        return super().step(k) + 1


class Slotted:
    __slots__ = ("p", "q", "r")

    def __init__(self, p, q):
        self.p = p
        self.q = q

    step = Point.step
    plus = Point.plus

    def __repr__(self):
        return "Slotted(%r)" % [getattr(self, name, None) for name in ("p", "q", "r")]


class Ghost(Point):
    def __getattr__(self, name):
        if name == "r":
            return 11
        raise AttributeError("no " + name)


class Strict(Point):
    def __setattr__(self, name, value):
        if value == 5:
            raise ValueError(name)
        object.__setattr__(self, name, value)


class Num:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return self.n + other

    def __radd__(self, other):
        return other - self.n

    def __lt__(self, other):
        return self.n < other

    def __bool__(self):
        return self.n > 20

    def __index__(self):
        return self.n

    def __eq__(self, other):
        return self.n == other

    def __hash__(self):
        return hash(self.n)

    def __call__(self, x):
        return self.n + x

    def __len__(self):
        return 3

    def __getitem__(self, x):
        if x > 4:
            raise IndexError(x)
        return self.n + x

    def __repr__(self):
        return "Num(%r)" % (self.n,)


class IntSub(int):
    pass


class Loud(int):
    def __add__(self, other):
        return int(self) + 1000

    def __lt__(self, other):
        return True


class FloatSub(float):
    pass
"#,
        setup: "o = $O\nP = Point(1 << 62, 0.5)",
        statements: &[
            (4, "o.p = $e"),
            (4, "$v = o.p"),
            (3, "o.p $a= $r"),
            (2, "o.p = o.p + 1"),
            (1, "o.p, o.q = o.q, o.p"),
            (3, "$v = o.step($x)"),
            (2, "$v = o.plus($x, $x, z=$k)"),
            (1, "$v = o.plus(*xs[:$K])"),
            (1, "$v = o.plus(**{'x': $x})"),
            (1, "$v = o.plus($x, 1, 2, 3)"),
            (1, "$v = o.plus()"),
            (1, "if i == $i:\n    Point.scale = $z"),
            (1, "$v = o.scale + $x"),
            (1, "o.scale = $x"),
            (1, "del o.scale"),
            (1, "if i == $i:\n    o = Sub($x, $x)"),
            (1, "if i == $i:\n    o = Slotted($x, $x)"),
            (1, "if i == $i:\n    o.__class__ = Sub"),
            (1, "if i == $i:\n    Point.step = lambda self, k: k"),
            (1, "if i == $i:\n    Sub.step = Point.step"),
            (1, "if i == $i:\n    Point.p = 7"),
            (1, "if i == $i:\n    del Point.p"),
            (1, "if i == $i:\n    Point.p = property(lambda self: 3)"),
            (1, "if i == $i:\n    o.step = abs"),
            (1, "if i == $i:\n    o.r = 5"),
            (1, "$v = o.r"),
            (1, "o.r = $x"),
            (1, "if i == $i:\n    del o.p"),
            (1, "$v = o.both"),
            (1, "o.both = $x"),
            (1, "$v = o.twice($x)"),
            (1, "$v = o.scaled($x)"),
            (1, "$v = P.p\nP.p = $x"),
            (
                1,
                "for $j in range($K):\n    P.p = $x\n    P.q = P.p\n    $v = P.step($j)",
            ),
            (1, "$v = Num($k) + $x"),
            (1, "$v = $x + Num($k)"),
            (1, "if Num(i):\n    $b"),
            (1, "$v = xs[Num($k)]"),
            (1, "$v = Num(i)($x)"),
            (1, "if Num(i) < $x:\n    $b"),
            (1, "for $j in Num(i):\n    $v = $j"),
            (1, "$v = len(Num(1))"),
            (1, "$v = $x == Num($k)"),
            (1, "$v = IntSub($k) + $x"),
            (1, "$v = IntSub($k)"),
            (1, "$v = Loud($k)"),
            (1, "$v = FloatSub(1.5) * i"),
            (1, "$v = FloatSub(2.5)"),
            (1, "if i == $i:\n    $v = Loud(3)"),
            (1, "if i == $i:\n    xs[$k] = Num(3)"),
            (1, "setattr(o, 'p', $x)"),
            (1, "$v = getattr(o, 'p', $x)"),
            (1, "o.__dict__['p'] = $x"),
            (1, "$v = isinstance(o, Sub)"),
            (1, "$v = type(o) is Point"),
            (1, "f = o.step\n$v = f($k)"),
        ],
        shown: "(sys.getrefcount(P), o, P)",
    },
    Theme {
        name: "names",
        weight: 10,
        helpers: r#"
G0 = 1
G1 = 2.5
G2 = 1 << 62


def poke(x):
    global G2
    G2 = x
    return G0


def late(x):
    return x + 1


def shadow(*args):
    return 42


def helper_with_names(x):
    return abs(x) + len((1, 2)) + G2
"#,
        setup: "",
        statements: &[
            (4, "G0 = $e"),
            (3, "$v = G0 $a $r"),
            (3, "G0 $a= $r"),
            (2, "G1 = $x"),
            (3, "$v = G1"),
            (3, "$v = G2"),
            (2, "$v = poke($x)"),
            (2, "$v = G2 + poke(i) + G2"),
            (1, "if i == $i:\n    del G0"),
            (1, "if i == $i:\n    G0 = $z"),
            (1, "if i == $i:\n    globals()['G1'] = $z"),
            (1, "if i == $i:\n    globals()['abs'] = shadow"),
            (1, "if i == $i:\n    globals()['len'] = shadow"),
            (1, "if i == $i:\n    globals().pop('abs', None)"),
            (1, "if i == $i:\n    builtins.len = shadow"),
            (1, "if i == $i:\n    builtins.abs = shadow"),
            (1, "if i == $i:\n    builtins.min = shadow"),
            (1, "if i == $i:\n    builtins.len = real['len']"),
            (2, "$v = abs($x)"),
            (2, "$v = len(xs) + $x"),
            (1, "$v = min($x, $x)"),
            (1, "$v = helper_with_names($x)"),
            (3, "del $v"),
            (1, "del $v\n$1 = $x"),
            (1, "if $c:\n    del $v"),
            (1, "if i == $i:\n    del $v"),
            (1, "$v = undefined_name"),
            (1, "if i == $i:\n    globals()['undefined_name'] = $z"),
            (1, "if i == $i:\n    globals().pop('undefined_name', 0)"),
            (1, "exec('G2 = i', globals(), {'i': i})\n$v = G2"),
            (1, "exec('global G2; G2 = 7')\n$v = G2"),
            (1, "$v = eval('G1')"),
            (1, "$v = late($x)"),
            (1, "if i == $i:\n    late = shadow"),
            (1, "if i == $i:\n    late.__code__ = poke.__code__"),
            (1, "if i == $i:\n    late.__defaults__ = ($k,)\n$v = late()"),
            (1, "import math as mm\n$v = mm.floor($x)"),
            (1, "$v = math.pi"),
            (1, "if i == $i:\n    math.extra = $z\n$v = math.extra"),
            (1, "from math import pi as $v"),
            (1, "for G1 in range($K):\n    $b"),
        ],
        shown: "(globals().get('G0'), G1, G2)",
    },
    Theme {
        name: "calls",
        weight: 10,
        helpers: r#"
def small(x):
    return x * 3 + 1


def addmul(x, y=2, *, z=1):
    if x > 1 << 64:
        x = 1
    return x * y + z


def variadic(*args, **kw):
    total = len(args)
    for value in args:
        total = total + value
    return total + len(kw)


def rec(n, x):
    if n <= 0:
        return x
    return rec(n - 1, x + n)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def even(n):
    return True if n <= 0 else odd(n - 1)


def odd(n):
    return False if n <= 0 else even(n - 1)


def looping(n, x):
    total = x
    for g in range(n):
        if g == 3:
            continue
        total = total + g
        if g > 5:
            return total
    return -total


def counter(start):
    count = start

    def add(k):
        nonlocal count
        count = count + k
        return count

    return add


depth = 0


def deep(x):
    global depth
    depth += 1
    return deep(x + 1) + 1


def limited(limit):
    global depth
    depth = 0
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        deep(0)
    except RecursionError as e:
        note("limited", e)
    finally:
        sys.setrecursionlimit(old)
    return depth


def loop_deep(x):
    for g in range(3):
        x = loop_deep(x + 1)
    return x


def limited_loop(limit):
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        loop_deep(0)
    except RecursionError as e:
        note("limited_loop", e)
    finally:
        sys.setrecursionlimit(old)


def swap(x):
    return 2 - x


def three(x, y, z):
    return x, y, z
"#,
        setup: "count = counter(3)\nf = small",
        statements: &[
            (4, "$v = small($x)"),
            (2, "$v = addmul($x)"),
            (2, "$v = addmul($x, z=$k)"),
            (1, "$v = addmul(y=$k, x=$x)"),
            (1, "$v = addmul($x, $x, $x)"),
            (2, "$v = variadic($x, $x)"),
            (1, "$v = variadic(*xs[:$K], q=1)"),
            (1, "$v = variadic(*xs[:2], *xs[$k:])"),
            (2, "$v = rec($k, $x)"),
            (1, "$v = fib($K)"),
            (1, "$v = even($k)"),
            (2, "$v = looping($k, $x)"),
            (1, "$v = looping(9, $x)"),
            (2, "$v = count($x)"),
            (1, "count = counter($x)"),
            (1, "$v = counter(i)(2) + count(1)"),
            (1, "h = lambda x, y=$x: x + y\n$v = h($x)"),
            (1, "h = lambda: $v\n$v = $x\n$v = h()"),
            (1, "def h(x):\n    return x + $v\n$v = h($x)"),
            (
                1,
                "def h():\n    nonlocal_ = 0\n    for q in range($K):\n        nonlocal_ += q\n    return nonlocal_\n$v = h()",
            ),
            (2, "$v = f($x)"),
            (1, "if i == $i:\n    f = swap"),
            (1, "if i == $i:\n    f = abs"),
            (1, "if i == $i:\n    f = float"),
            (1, "if i == $i:\n    f = count"),
            (1, "if i == $i:\n    small.__code__ = swap.__code__"),
            (1, "if i == $i:\n    addmul.__defaults__ = ($k,)"),
            (1, "if i == $i:\n    addmul.__kwdefaults__ = {'z': $k}"),
            (1, "$v = sum(map(small, range($K)))"),
            (1, "xs.sort(key=lambda q: -q if q == q else 0)"),
            (1, "$v = max(xs, key=small)"),
            (1, "!$v = limited($i + 40)"),
            (1, "!limited_loop($i + 40)"),
            (1, "$v, $w, $v = three($x, $x, $x)"),
            (1, "$v, $w = three($x, $x, $x)"),
            (1, "$v = three($x, $x, $x)[$k]"),
            (1, "$v = divmod($x, $x)[1]"),
            (1, "$v = pow($x & 15, $k, $K)"),
            (1, "$v = round($x, $k)"),
            (1, "$v = (lambda *q: q[-1])($x, $x)"),
        ],
        shown: "(count(0), depth)",
    },
    Theme {
        name: "exceptions",
        weight: 10,
        helpers: r#"
class Guard:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        return self.swallow

    def __exit__(self, kind, error, tb):
        if error is not None:
            note("guard", error)
        return self.swallow


def risky(x, n):
    n = n % 9
    if n == 0:
        raise ValueError(str(x))
    if n == 1:
        return x // 0
    if n == 2:
        return [1][n]
    if n == 3:
        return {}[n]
    if n == 4:
        return x.nothing
    if n == 5:
        return "a" + n
    return x


def outer_risky(x, n):
    try:
        return risky(x, n)
    except ValueError:
        raise
    except LookupError as e:
        raise TypeError("wrapped") from e
    finally:
        x = 3


def loop_risky(x, n):
    for g in range(5):
        x = x + g
        if g == n:
            raise ValueError(g)
    return x
"#,
        setup: "lines = []",
        statements: &[
            (
                3,
                "try:\n    $b\nexcept (ValueError, ZeroDivisionError, TypeError) as e:\n    note('$u', e)\nelse:\n    $v = $x",
            ),
            (3, "try:\n    $b\nfinally:\n    $v = $x"),
            (
                2,
                "try:\n    try:\n        $b\n    finally:\n        $v = $x\nexcept Exception as e:\n    note('$u', e)\n    $b",
            ),
            (
                2,
                "try:\n    $b\n    $v = risky($x, i)\nexcept Exception as e:\n    note('$u', e)\n    lines.append(e.__traceback__.tb_lineno)",
            ),
            (2, "with Guard($k & 1):\n    $b"),
            (1, "with Guard(1) as $v, Guard(0):\n    $b"),
            (
                1,
                "with Guard(1):\n    for $j in range($K):\n        with Guard(i & 1):\n            $b\n            $v = risky($x, $j)",
            ),
            (3, "$v = risky($x, i)"),
            (2, "$v = outer_risky($x, i)"),
            (2, "$v = loop_risky($x, $k)"),
            (1, "if i == $i:\n    raise ValueError($x)"),
            (1, "if i % $K == 0:\n    raise KeyError(i)"),
            (1, "if $c:\n    raise Exception"),
            (
                1,
                "try:\n    risky($x, i)\nexcept ValueError as e:\n    raise TypeError('again') from e",
            ),
            (
                1,
                "try:\n    risky($x, i)\nexcept LookupError:\n    raise RuntimeError('context')",
            ),
            (
                1,
                "try:\n    $v = $x // (i - $i)\nexcept ZeroDivisionError:\n    $v = $x",
            ),
            (
                3,
                "try:\n    if $c:\n        raise ValueError($v, i)\n    $b\nexcept ValueError:\n    $v = $x",
            ),
            (
                2,
                "try:\n    if i % $K == 0:\n        raise IndexError\n    $b\nexcept (KeyError, IndexError) as e:\n    $v = $x\nelse:\n    $v = $x\nfinally:\n    $v = $1 + $x",
            ),
            (
                1,
                "try:\n    try:\n        if i & $K:\n            raise KeyError(i)\n    except IndexError:\n        $v = $x\nexcept KeyError as e:\n    if $c:\n        lines.append((e.args, e.__traceback__.tb_lineno))",
            ),
            (
                1,
                "try:\n    $v = $w // (i % $K)\n    $v = $1 % (i & $K)\nexcept ZeroDivisionError:\n    $v = $x",
            ),
            (1, "$v = $x // (i - $i)"),
            (1, "$v = $x % (i & $k)"),
            (1, "$v = $x / (i & $k)"),
            (1, "$v = xs[i - $i]"),
            (1, "$v = int('x' * (i & 1) + '5')"),
            (1, "$v = $x << (i - $i)"),
            (1, "$v = float(10 ** (i * $i % 999))"),
            (1, "$v = math.sqrt(i - $i)"),
            (
                1,
                "try:\n    $b\n    raise ValueError(i)\nexcept* ValueError as group:\n    note('$u', group.exceptions[0])",
            ),
            (
                2,
                "for $j in range($K):\n    try:\n        if $c: break\n        if $c: continue\n        $b\n    finally:\n        $v = $1 + 1",
            ),
            (
                1,
                "$j = 0\nwhile True:\n    $j += 1\n    if $j > $K:\n        break\n    try:\n        $b\n        break\n    except Exception as e:\n        note('$u', e)\n        break\n    finally:\n        $v = $x",
            ),
            (
                1,
                "try:\n    $v = risky($x, i)\nexcept Exception:\n    $v = sys.exc_info()[2].tb_lineno",
            ),
            (
                1,
                "try:\n    raise ValueError\nexcept ValueError as e:\n    try:\n        raise KeyError\n    except KeyError as other:\n        note('$u', other)\n    $b",
            ),
            (
                1,
                "try:\n    next(iter(()))\nexcept StopIteration:\n    $v = $x",
            ),
            (
                1,
                "try:\n    $v = $x[0]\nexcept TypeError as e:\n    $v = e.__traceback__.tb_frame.f_lineno",
            ),
            (1, "assert i != $i, 'message'"),
        ],
        shown: "lines",
    },
    Theme {
        name: "frames",
        weight: 7,
        helpers: r#"
seen = []
events = []


def peek(name):
    frame = sys._getframe(1)
    seen.append((name, frame.f_lineno, repr(frame.f_locals.get(name))))
    if len(seen) > 60:
        del seen[:20]
    return len(seen)


def write(name, value):
    sys._getframe(1).f_locals[name] = value


# What the threads' library does depends on who comes first.
def unseen(frame):
    code = frame.f_code
    return code.co_name == "restore" or code.co_filename != unseen.__code__.co_filename


def tracer(frame, event, arg):
    if unseen(frame):
        return None
    got = None
    if event == "exception":
        # The end of a for loop is an event only where the loop was not specialized yet.
        if arg[0] is StopIteration:
            return tracer
        got = arg[0].__name__
    if event == "return":
        got = repr(arg) if type(arg) in (int, float) else None
    value = frame.f_locals.get("a")
    events.append((event, frame.f_code.co_name, frame.f_lineno, got, repr(value) if type(value) in (int, float) else None))
    if len(events) > 250:
        sys.settrace(None)
        sys._getframe(1).f_trace = None
    return tracer


def trace_on():
    del events[:]
    frame = sys._getframe(1)
    frame.f_trace = tracer
    sys.settrace(tracer)


def trace_off():
    sys.settrace(None)
    sys._getframe(1).f_trace = None


def profiler(frame, event, arg):
    if unseen(frame) or len(events) > 250:
        return
    name = frame.f_code.co_name
    events.append((event, name, frame.f_lineno))


def profile_on():
    del events[:]
    sys.setprofile(profiler)


def callee(x):
    return x + 1


def take_events():
    copy = events[:]
    del events[:]
    return copy


def line_of(depth):
    return sys._getframe(depth + 1).f_lineno
"#,
        setup: "",
        statements: &[
            (3, "$v = sys._getframe().f_lineno"),
            (3, "peek('$v')"),
            (2, "$v = peek('$v') + $x"),
            (2, "if i == $i:\n    seen.append(plain(locals()))"),
            (1, "seen.append(len(locals()))"),
            (1, "$v = locals().get('$v', $z)"),
            (1, "$v = $x; peek('$1'); $1 = $x"),
            (3, "if i == $i:\n    trace_on()"),
            (3, "if i == $i:\n    trace_off()"),
            (1, "if i == $i:\n    sys.settrace(tracer)"),
            (2, "if i == $i:\n    profile_on()"),
            (2, "if i == $i:\n    sys.setprofile(None)"),
            (1, "if i == $i:\n    write('$v', $z)"),
            (1, "if i == $i:\n    sys._getframe().f_locals['$v'] = $z"),
            (2, "$v = callee($x)"),
            (1, "$v = line_of(0) + \\\n    line_of(0)"),
            (1, "$v = sys._getframe().f_code.co_firstlineno"),
            (1, "$v = sys._getframe().f_back.f_lineno"),
            (
                1,
                "fr = sys._getframe()\n$v = $x\nseen.append(repr(fr.f_locals.get('$1')))\ndel fr",
            ),
            (1, "if i == $i:\n    sys._getframe().f_trace_opcodes = True"),
            (1, "if i == $i:\n    sys._getframe().f_trace_lines = False"),
        ],
        shown: "(seen[-40:], take_events())",
    },
    Theme {
        name: "lifetime",
        weight: 8,
        helpers: r#"
import weakref

gc.disable()
dead = []
bottom = 0


def on_unraisable(what):
    dead.append((what.exc_type.__name__, what.exc_traceback.tb_lineno))


sys.unraisablehook = on_unraisable


class Del:
    def __init__(self, name):
        self.name = name

    def touch(self):
        return self.name

    def __repr__(self):
        return "Del(%r)" % (self.name,)

    def __del__(self):
        dead.append(self.name)


class Nosy(Del):
    def __del__(self):
        global bottom
        frame = sys._getframe(1)
        dead.append((self.name, frame.f_lineno, repr(frame.f_locals.get("a"))))
        bottom = self.name


class Bad(Del):
    def __del__(self):
        dead.append(self.name)
        raise ValueError("in __del__")


class Again(Del):
    def __del__(self):
        dead.append(self.name)
        if len(dead) < 100:
            Del(self.name)


def on_dead(ref):
    dead.append("weak")


def recent():
    copy = dead[-80:]
    del dead[:]
    return copy
"#,
        setup: "x = y = None\nzs = []\nrefs = []",
        statements: &[
            (3, "x = Del(i)"),
            (2, "x = None"),
            (2, "del x\nx = 1"),
            (2, "x = y"),
            (1, "x = y = Del($u)"),
            (1, "x, y = y, Del(i)"),
            (1, "$v = Del(i).touch()"),
            (2, "x = Nosy(i)"),
            (1, "Nosy(i)"),
            (1, "if i == $i:\n    x = Bad(i)"),
            (1, "x = Again(i)"),
            (1, "if $c:\n    x = Del(i)\nelse:\n    x = 0"),
            (1, "x = Del(i) if $c else None"),
            (2, "zs.append(Del(i))"),
            (1, "zs.append(x)"),
            (1, "zs.pop()"),
            (1, "zs.clear()"),
            (1, "zs[0] = Del(-i)"),
            (1, "zs = [Del(i)]"),
            (1, "x = (Del(i), $v)"),
            (1, "refs.append(weakref.ref(x, on_dead))"),
            (1, "refs.append(weakref.ref(Del(i), on_dead))"),
            (1, "$v = sum(r() is None for r in refs)"),
            (1, "refs = refs[-5:]"),
            (1, "x = Del(i)\nx.me = x\nx = None"),
            (2, "if i % $K == 0:\n    gc.collect()"),
            (1, "if i == $i:\n    gc.collect()"),
            (1, "dead.append($v)"),
            (1, "$v = len(dead)"),
            (1, "$v = bottom"),
            (1, "for x in [Del(i), Del(-i)]:\n    $b"),
            (1, "for x in (Del(i),):\n    pass"),
            (
                1,
                "try:\n    x = Del(i)\n    $v = $x // (i & 1)\nexcept ZeroDivisionError:\n    x = None",
            ),
            (1, "h = lambda: x\nx = Del(i)"),
            (1, "def h(q=Del(i)):\n    return q"),
            (1, "$v = tuple([q.touch() for q in zs])"),
            (1, "m = {i: Del(i)}"),
            (1, "x = Del(i)\nx = $v\n$v = len(dead) + $x"),
        ],
        shown: "recent()",
    },
    Theme {
        name: "generators",
        weight: 8,
        helpers: r#"
def gen_count(n, x):
    for g in range(n):
        x = x + g
        got = yield x
        if got:
            x = got
    return x


def gen_finally(n):
    try:
        for g in range(n):
            try:
                yield g
            except ValueError as e:
                note("gen_finally", e)
    finally:
        noted[("closed",)] = noted.get(("closed",), 0) + 1


def gen_delegate(n, x):
    got = yield from gen_count(n, x)
    yield got
    for g in gen_finally(2):
        yield g + n


def gen_forever(x):
    while True:
        got = yield x
        x = x + 1 if got is None else got


def gen_while(n, x):
    q = 0
    while q < n:
        q += 1
        yield x
        x = x + q


def gen_filter(values, k):
    for value in values:
        if k != value:
            yield value


def gen_through(values):
    yield from values


def gen_kinds(n, x):
    for q in range(n):
        yield x if q < n // 3 else q * 0.5 if q < n // 2 else "text"


async def co(x):
    for g in range(3):
        x = x + g
    return x


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as e:
        return e.value


def drive(gen, plan):
    out = []
    try:
        for n in range(60):
            if n % 11 == 10:
                got = gen.throw(ValueError(n))
            elif n % 3 == 0:
                got = next(gen)
            else:
                got = gen.send(n if n else None)
            out.append(repr(got))
            if n == plan:
                gen.close()
    except StopIteration as e:
        out.append(("stop", repr(e.value)))
    except Exception as e:
        note("drive", e)
    finally:
        restore()
    print("driven", out)
"#,
        setup: "g = gen_forever(3)",
        statements: &[
            (3, "for $j in gen_count($K, $x):\n    $v = $j\n    $b"),
            (2, "for $j in gen_delegate($K, i):\n    $v = $j"),
            (
                1,
                "for $j in gen_finally(5):\n    if $j == $k: break\n    $b",
            ),
            (2, "$v = sum(gen_count($K, i))"),
            (3, "$v = sum(q $a $x for q in range(12) if q & $K)"),
            (2, "$v = sum((q for q in xs if q), $w)"),
            (2, "$v = sum((q $a $r if q < $k else $x) for q in range(9))"),
            (
                1,
                "$v = sum(sum(q * z for z in range(q)) for q in range(6))",
            ),
            (1, "$v = sum($w // (q - $k) for q in range(8))"),
            (3, "$v = next(g)"),
            (2, "$v = g.send($x)"),
            (1, "if i == $i:\n    g.close()"),
            (1, "if i == $i:\n    g = gen_forever($k)"),
            (1, "g = gen_count(3, $x)\n$v = next(g)"),
            (
                3,
                "for $j in gen_while(30, $x):\n    $v = $j\n    if $c: break",
            ),
            (
                2,
                "for $j in gen_filter(gen_while(25, i), $x):\n    $v = $j",
            ),
            (
                2,
                "for $j in gen_through(gen_count(20, $x)):\n    $v = $j\n    $b",
            ),
            (2, "for $j in gen_filter(xs, $x):\n    $v = $j"),
            (2, "for $j in gen_kinds(24, $x):\n    $v = $j"),
            (
                2,
                "for $j in g:\n    $v = $j\n    if $j == $k or $c: break\n    $w = $j",
            ),
            (1, "for $j in g:\n    $v = $j\n    break"),
            (
                2,
                "for $j in (q $a $x for q in range(30) if q & $K):\n    $v = $j",
            ),
            (2, "$v = any(q == $x for q in gen_while(20, i))"),
            (2, "$v = all(q - $x for q in range(20))"),
            (2, "$v = list(q $a $r for q in range(15))[$K]"),
            (1, "$v = len(tuple(gen_filter(gen_while(12, $x), i)))"),
            (1, "$v = [*gen_while(9, $x)][$K]"),
            (
                1,
                "q = gen_while(8, $x)\nfor $j in gen_filter(q, i):\n    $v = $j\n    $w = next(q, i)",
            ),
            (
                1,
                "q = gen_finally(3)\n$v = next(q)\n$v = q.throw(ValueError('$u'))\nq.close()",
            ),
            (1, "$v = g.throw(KeyError('$u'))"),
            (1, "$v = next((q for q in xs if q), $x)"),
            (1, "$v = list(gen_delegate($K, 1))[-1]"),
            (1, "$v = run(co($x))"),
            (1, "q = (z $a $x for z in range(3))\n$v = next(q) + next(q)"),
            (1, "$v = g.gi_frame.f_locals['x']"),
            (1, "q = gen_count(5, 1)\n$v, $w, *q = q"),
            (
                1,
                "for $j, q in zip(gen_count(9, 1), gen_count(3, i)):\n    $v = $j + q",
            ),
        ],
        shown: "()",
    },
    Theme {
        name: "strings",
        weight: 4,
        helpers: "",
        setup: "s = 'start'",
        statements: &[
            (2, "s = f'{$v}|{$x!r:>5}'"),
            (2, "s += str(i & 7)"),
            (2, "s = s[-20:]"),
            (2, "$v = len(s)"),
            (1, "$v = int(s[-1])"),
            (1, "$v = s[$k]"),
            (1, "s = '%d' % $x"),
            (1, "s = '%.3f' % $x"),
            (1, "s = ','.join(str(q) for q in xs[:3])[:30]"),
            (2, "if s > 'a':\n    $b"),
            (1, "if '1' in s:\n    $b"),
            (1, "if s[0] == '1':\n    $b\nelse:\n    s = '1' + s"),
            (1, "for $j in s[:3]:\n    $v = $j\n    $b"),
            (1, "s = s * (i & 1) + 'x'"),
            (1, "$v = s + $x"),
            (1, "$v = s == $x"),
            (1, "$v = hash(s) & 1"),
            (1, "if i == $i:\n    $v = 'text'"),
            (1, "if i == $i:\n    $v = None"),
            (1, "if i == $i:\n    $v = $z + 0j"),
            (1, "if i == $i:\n    $v = (1, 2)"),
        ],
        shown: "s",
    },
    Theme {
        name: "signals",
        weight: 2,
        helpers: r#"
import signal

caught = []


class Stop(Exception):
    pass


def on_signal(number, frame):
    caught.append((frame.f_code.co_name, repr(frame.f_locals.get("i"))))


def on_raise(number, frame):
    raise Stop(len(caught))


signal.signal(signal.SIGUSR1, on_signal)
signal.signal(signal.SIGUSR2, on_raise)


def forget():
    copy = caught[-30:]
    del caught[:]
    return copy
"#,
        setup: "",
        statements: &[
            (2, "signal.raise_signal(signal.SIGUSR1)"),
            (2, "if i == $i:\n    signal.raise_signal(signal.SIGUSR1)"),
            (2, "if i == $i:\n    signal.raise_signal(signal.SIGUSR2)"),
            (
                1,
                "try:\n    $b\n    signal.raise_signal(signal.SIGUSR2)\nexcept Stop as e:\n    note('$u', e)",
            ),
            (1, "if $c:\n    signal.raise_signal(signal.SIGUSR2)"),
            (1, "$v = len(caught)"),
        ],
        shown: "forget()",
    },
    Theme {
        name: "threads",
        weight: 2,
        helpers: r#"
import threading


def work(n, x):
    total = x
    values = [x, 1, 2.5]
    for g in range(n):
        total = total + g * 3
        values[g % 3] = total
        if g % 10 == 9:
            total = total - 1000000
    return total, values


def both(n, x):
    results = [None] * 3

    def part(index):
        results[index] = work(n, x + index)

    threads = [threading.Thread(target=part, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def in_thread(function, *args):
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)))
    thread.start()
    thread.join()
    return results[0]


class Noise:
    def __init__(self):
        self.stop = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        n = 0
        values = [0]
        while not self.stop:
            n = n + 1 & 1023
            values[0] = n

    def end(self):
        self.stop = True
        self.thread.join()
"#,
        setup: "",
        statements: &[
            (1, "if i == $i:\n    $v = both(50, $k)[$K // 2][0]"),
            (1, "if i % 16 == 3:\n    $v = in_thread(work, 20, i)[1][1]"),
            (
                1,
                "if i == $i:\n    noise = Noise()\n    try:\n        for $j in range(40):\n            $v = $1 + $j\n            $b\n    finally:\n        noise.end()",
            ),
            (1, "$v = work($k, $x)[0]"),
        ],
        shown: "()",
    },
    super::inner::INNER,
];
