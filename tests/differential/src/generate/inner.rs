//! A theme of [`super::templates`]: functions that go on behind an effect.
//!
//! What they change in the middle, and where they branch, raise or are looked at behind that, is what
//! compiled code has to give to the interpreter frame by frame.
//!
//! Invariant: as of the templates.
//!
//! Example: `$v = cell.put($k, $x)` stores into a list, counts, and returns something that depends on
//! both; it raises for some values, behind the store.

use super::templates::Theme;

/// Calls with effects in the middle, of all kinds that are followed.
pub const INNER: Theme = Theme {
    name: "inner",
    weight: 8,
    helpers: r#"
class Cell:
    def __init__(self, n=0):
        self.items = [n, 1, 2.5, n]
        self.count = 0
        self.last = None
        if n and n > 3:
            self.count = n

    def put(self, at, value):
        old = self.items[at & 3]
        self.items[at & 3] = value
        self.count += 1
        if self.count % 7 == 0:
            return old
        if value == 3:
            raise ValueError(at)
        return self.count

    def take(self, at):
        self.count += 1
        value = self.items[at]
        self.items[at] = self.count
        self.last = value
        return value + self.items[0]

    def swap(self, a, b):
        self.items[a], self.items[b] = self.items[b], self.items[a]
        return self.items[a] is self.items[b]

    def both(self, at, value):
        first = self.put(at, value)
        second = self.put(at + 1, first)
        self.last = (first, second)
        return first, second

    def grow(self, value):
        self.items.append(value)
        if len(self.items) > 9:
            self.items = self.items[:4]
            return self.where()
        last = self.items.pop()
        self.items.append(last)
        self.items.pop()
        return last

    def where(self):
        frame = sys._getframe(1)
        return frame.f_lineno + len(frame.f_code.co_name)

    @property
    def next(self):
        self.count += 1
        self.items[1] = self.count
        return self.items[1] // (self.count % 5)

    def __getitem__(self, at):
        self.count += 1
        self.items[2] = at
        return self.items[at]

    def __setitem__(self, at, value):
        self.items[at] = value
        self.count += 1
        self.last = self.items[at - 1]

    def __add__(self, other):
        self.items[3] = other
        self.count += 1
        if self.count % 11 == 0:
            return NotImplemented
        return self.count * 2 + other

    def __radd__(self, other):
        self.count += 1
        return self.count - other


class Linked(Cell):
    def __init__(self, n, before):
        self.before = before
        Cell.__init__(self, n)
        self.depth = before.depth + 1 if before is not None else 0

    def put(self, at, value):
        self.last = self.before
        if self.before is not None and self.depth < 3:
            self.before.items[0] = value
        return Cell.put(self, at, value)


def replace(items, at, value, step=1, *rest):
    items[at & 3] = value
    old = items[(at + step) & 3]
    if rest:
        items[0] = rest[0]
    return old - value


def through(call, *args):
    return call(*args)


def keep(held, thing):
    old = held[0]
    held[0] = thing
    held.append(old)
    if len(held) > 5:
        held.pop()
        held.pop()
    return held[0] is thing
"#,
    setup: "cell = Cell(2)\nlinked = Linked(1, Linked(2, None))\nput = cell.put\nbox = [None]",
    statements: &[
        (4, "$v = cell.put($k, $x)"),
        (3, "$v = cell.take($k & 3)"),
        (2, "$v = int(cell.swap($k & 3, $k & 3))"),
        (3, "$v, $w = cell.both($k, $x)"),
        (3, "$v = cell.grow($x)"),
        (2, "$v = cell.next"),
        (2, "$v = cell[$k]"),
        (2, "cell[$k] = $x"),
        (2, "$v = cell + $x"),
        (1, "$v = $x + cell"),
        (3, "$v = put($k, $x)"),
        (2, "$v = linked.put($k, $x)"),
        (2, "$v = linked.both($k, $x)[0]"),
        (3, "$v = replace(xs, $k, $x)"),
        (2, "$v = replace(cell.items, $k, $x, 2)"),
        (2, "$v = replace(xs, $k, $x, $K, $v)"),
        (1, "$v = replace(xs, $k, step=2, value=$x)"),
        (2, "$v = through(put, $k, $x)"),
        (2, "$v = through(replace, xs, $k, $x)"),
        (2, "$v = Cell($x).put($k, $x)"),
        (2, "linked = Linked(i & 7, linked if i % 5 else None)"),
        (2, "$v = linked.depth + Linked($k, linked).count"),
        (2, "keep(held, ($v, $w))"),
        (1, "keep(held, [$v, i])"),
        (2, "$v = int(keep(held, cell))"),
        (1, "$v = held[0][0]"),
        (1, "if i == $i:\n    put = linked.put"),
        (1, "if i == $i:\n    cell = linked"),
        (1, "if i == $i:\n    cell.items = [$x, $x, $x, $x]"),
        (1, "if i == $i:\n    Cell.take = Cell.grow"),
        (1, "if i == $i:\n    cell.items[0] = 1 << 70"),
        (1, "if cell == linked:\n    $b"),
        (1, "if cell.last != None:\n    $b"),
    ],
    shown: "(cell.items[:4], cell.count, linked.items[:4], linked.count, linked.depth, len(held))",
};
