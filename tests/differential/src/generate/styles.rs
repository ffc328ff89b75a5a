//! Tables of units that have no themes, and of kinds of units; see
//! [`super::templates`] for the placeholders.
//!
//! Invariant: as there; and statements of [`IDENTITY`] and [`SMOOTH`] units use
//! only the names that these units set up.
//!
//! Example: `a, b = b, a + $U` may become `a, b = b, a + 1049`.

use super::templates::Table;

/// Statements of units about which object a name stands for. They compute
/// nothing twice: two equal computations may be one object.
pub const IDENTITY: Table = &[
    (4, "a, b = b, a + $U"),
    (4, "a, b, c = b, c, a + $U"),
    (3, "a, b, c, d = b, c, d, a + $U"),
    (2, "a, b, c, d = b, c, d, a"),
    (2, "a, b = b, a"),
    (2, "a, b, c = c, b, a"),
    (
        5,
        "ids.append((a is b, b is c, c is d, a is d, a is c, b is d))",
    ),
    (
        3,
        "ids.append((xs[0] is a, xs[1] is b, xs[2] is xs[3], xs[$k] is $v))",
    ),
    (2, "ids.append((last is $v, last is $w))"),
    (3, "last = $v"),
    (3, "xs[$k] = $v"),
    (3, "$v = xs[$k]"),
    (2, "xs[$k] = $v + $U"),
    (2, "xs[$k], $v = $v, xs[$k]"),
    (1, "xs.append($v)\n$v = xs.pop()"),
    (2, "$v = $w"),
    (4, "$v = $1 + $U"),
    (3, "$v = $w - $U"),
    (2, "$v = i"),
    (2, "last = i\nids.append(last is i)"),
    (1, "$v = $z"),
    (1, "!$v = $w + 0"),
    (1, "!$v = $w * 1"),
    (1, "!$v = +$w"),
    (1, "!$v = $w | 0"),
    (1, "!$v = abs($w)"),
    (1, "!$v = int($w)"),
    (1, "!$v = float($w)"),
    (1, "!$v = $w / 1"),
    (1, "!$v = $w // 1"),
    (1, "$v = $w or $v"),
    (1, "$v = $w and $v"),
    (1, "!$v = max($v, $w)"),
    (1, "!$v = min($v, $w)"),
    (1, "$v = $w if i & 1 else $v"),
    (2, "m['$v'] = $v"),
    (2, "ids.append((m['a'] is a, m['b'] is b, m['c'] is a))"),
    (2, "box.p = $v"),
    (2, "$v = box.p"),
    (1, "ids.append((box.p is a, box.p is b))"),
    (1, "t = ($v, $w)\nids.append((t[0] is a, t[1] is b))"),
    (1, "ids.append(same(a, $v))"),
    (1, "$v = identity($w)\nids.append($1 is $2)"),
    (1, "ids.append(id(a) == id(b))"),
    (2, "if i == $i:\n    $v = $z"),
    (2, "if i & $k:\n    $b\nelse:\n    $b"),
    (2, "for $j in range($K):\n    $b"),
    (
        1,
        "for $j in range($K):\n    a, b, c = b, c, a + $U\n    ids.append((a is b, b is c, xs[0] is c))\n    xs[0] = b",
    ),
    (
        1,
        "for $j in range($K):\n    last = $j\n    $v = $j\n    ids.append((last is $v, last is $j))",
    ),
    (
        1,
        "$j = 0\nwhile $j < $K:\n    $j = $j + 1\n    $b\n    ids.append($j is $v)",
    ),
];

/// What units about identity and smooth ones use.
pub const IDENTITY_HELPERS: &str = r#"
class Box:
    pass


G3 = 17
G4 = 2.5


def plus(x, y):
    return x + y


def same(x, y):
    return x is y


def identity(x):
    return x
"#;

/// Statements that only generators can have.
pub const YIELDS: Table = &[
    (3, "yield $v"),
    (3, "$v = yield $v"),
    (2, "yield from gen_count($K, $x)"),
    (1, "$v = yield from gen_delegate(2, $x)"),
    (
        2,
        "try:\n    $v = yield i\nexcept ValueError as e:\n    note('$u', e)\n    $v = $x",
    ),
    (1, "try:\n    yield $v\n    $b\nfinally:\n    $v = $x"),
    (1, "if i == $i:\n    return $v"),
    (1, "for $j in range($K):\n    $v = (yield $j) or $x\n    $b"),
];

/// Statements of a function's loop alone, but not of a module's or a class's.
pub const RETURNS: Table = &[
    (2, "if i == $i and $c:\n    return $v"),
    (1, "try:\n    if i == $i: return $v\nfinally:\n    $v = $x"),
    (
        1,
        "for $j in range($K):\n    if i == $i: return ($v, $j)\n    $b",
    ),
];

/// What units of [`SMOOTH`] statements begin with.
pub const SMOOTH_SETUP: &str = "\
a, b, c, d = 3, 5, 0.5, 1.5
u, v, x, last = a, c, None, 7
n = k = 0
flag = False
fs = [0.5, -0.0, 2.0, 1e9]
xs = [1, 2, 3, 4, 5, 6, 7, 1000]";

/// Statements that never raise: long traces, many branches, objects that go from place to
/// place. `a` and `b` are small ints, `c` and `d` floats, `u` and `v` either.
pub const SMOOTH: Table = &[
    (3, "a = a * 3 + i & 65535"),
    (3, "b = b + a & 1023"),
    (2, "a += $K"),
    (2, "b -= a & $k"),
    (2, "a = a // $K"),
    (2, "a = a % 700 - $k"),
    (1, "a = -a & 4095"),
    (1, "b = abs(b)"),
    (1, "a = (a << $k) & 99999"),
    (1, "b = b >> 1 | $k"),
    (3, "a, b = b, a"),
    (3, "a, b = b, a + b & 4095"),
    (2, "a, b, last = last if type(last) is int else $k, a, b"),
    (2, "c = c * 0.5 + i"),
    (2, "d = c - d * 0.25"),
    (2, "c, d = d, c"),
    (1, "c = float(a)"),
    (1, "a = int(c) & 255"),
    (1, "c = c if c == c and -1e9 < c < 1e9 else $K.5"),
    (2, "d = a / $K"),
    (2, "xs[i & 7] = a"),
    (2, "xs[a & 7] = $k"),
    (2, "a = xs[b & 7]"),
    (1, "xs[i & 7] += $K"),
    (1, "xs[a & 3], xs[b & 3] = xs[b & 3], xs[a & 3]"),
    (2, "fs[i & 3] = c"),
    (2, "c = fs[a & 3]"),
    (1, "fs[a & 3] *= 0.5"),
    (2, "u = u + $K"),
    (2, "u = u * 0.5"),
    (2, "u = a"),
    (2, "u = c"),
    (2, "u, v = v, u"),
    (1, "v = u + a"),
    (1, "v = xs[i & 7]"),
    (1, "u = fs[i & 3]"),
    (2, "if u > 100000 or u < -100000:\n    u = $K"),
    (2, "if type(u) is int:\n    $b\nelse:\n    $b"),
    (2, "x = None if i % $K else a"),
    (2, "if x is None:\n    $b\nelse:\n    v = x"),
    (1, "x = c"),
    (1, "last = x"),
    (2, "last = a"),
    (1, "last = c"),
    (1, "last = i"),
    (2, "n += a is b"),
    (2, "n += last is a"),
    (1, "n += u is v"),
    (1, "n += c is d"),
    (1, "n += xs[i & 7] is a"),
    (1, "if last is u:\n    n += 10\n    $b"),
    (2, "flag = a > b"),
    (2, "if flag:\n    $b\nelse:\n    $b"),
    (1, "flag = not flag"),
    (1, "k += flag"),
    (3, "if a & 1:\n    $b\nelse:\n    $b"),
    (3, "if i % 3 == $k:\n    $b"),
    (3, "if i & $K:\n    $b\nelse:\n    $b"),
    (2, "if c < d:\n    $b\nelse:\n    $b"),
    (2, "if i == $i:\n    $b"),
    (2, "if i > $i:\n    $b\nelse:\n    $b"),
    (2, "if a > b and c > d or i & $k:\n    $b"),
    (2, "for $j in range(i & 3):\n    $b"),
    (1, "for $j in range($K):\n    a += $j\n    $b"),
    (
        1,
        "for $j in range($K):\n    if a & $K:\n        continue\n    $b\n    if b & $K:\n        break\nelse:\n    k += 1",
    ),
    (1, "for $j in xs:\n    k += $j & 1\n    $b"),
    (1, "$j = 0\nwhile $j < (i & 3):\n    $j += 1\n    $b"),
    (2, "k += 1"),
    (1, "t = a; a = b; b = t"),
    (
        1,
        "t = u; u = last if type(last) in (int, float) else 0; last = t",
    ),
    (1, "a = min(a, b)"),
    (1, "c = max(c, d)"),
    (1, "a = len(xs) + b & 511"),
    (1, "if a & 7 == $k:\n    continue"),
    (2, "G3 = a"),
    (2, "a = G3"),
    (1, "G3 += 1; G3 &= 4095"),
    (1, "G4 = c"),
    (1, "d = G4"),
    (1, "G3, a = a, G3"),
    (1, "n += G3 is a"),
    (1, "a = plus(a, $k) & 8191"),
    (1, "u = identity(u)"),
    (1, "n += same(a, last)"),
    (1, "y = (a, c)\na, c = y"),
    (1, "y = [a, u]\nu = y[1]\nn += y[0] is a"),
];
