//! Makes a program small while a property of it stays.
//!
//! It knows Python only by its indentation: a line with the deeper lines below
//! it is a statement. In rounds it leaves out runs of statements, puts a body in
//! the place of the statement around it, and shortens expressions, until a
//! round changes nothing or the time is over. A candidate that is no Python any
//! more does not have the property, so it needs no care.
//!
//! Invariant: whatever is returned has the property, or is the input.
//!
//! Example: with the property "prints 3", `for i in range(9):\n    x = (i * 2)\n
//! print(3)` becomes `print(3)`.

use anyhow::Result;

/// A line without its indentation, and how deep it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    indent: usize,
    text: String,
}

/// Reduces `text` as long as `keeps` says that the property is there. It is
/// over early when `keeps` says no to everything, as it does when time is up.
///
/// # Errors
/// Those of `keeps`.
pub fn reduce(text: &str, keeps: &mut dyn FnMut(&str) -> Result<bool>) -> Result<String> {
    let mut reducer = Reducer {
        lines: split(text),
        keeps,
    };
    loop {
        let before = reducer.lines.clone();
        let mut chunk = reducer.lines.len().max(1);
        while chunk > 0 {
            reducer.leave_out(chunk)?;
            chunk /= 2;
        }
        reducer.unwrap()?;
        reducer.shorten()?;
        if reducer.lines == before {
            return Ok(joined(&reducer.lines));
        }
    }
}

fn split(text: &str) -> Vec<Line> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| Line {
            indent: line.len() - line.trim_start().len(),
            text: line.trim().to_owned(),
        })
        .collect()
}

fn joined(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        out += &" ".repeat(line.indent);
        out += &line.text;
        out.push('\n');
    }
    out
}

/// Where the statement ends that begins at a line.
fn end_of(lines: &[Line], begin: usize) -> usize {
    let inside = lines[begin + 1..]
        .iter()
        .take_while(|line| line.indent > lines[begin].indent);
    begin + 1 + inside.count()
}

/// Where a clause of a compound statement begins that is not its first.
fn is_later_clause(line: &Line) -> bool {
    ["else:", "elif ", "except", "finally:"]
        .iter()
        .any(|word| line.text.starts_with(word))
}

struct Reducer<'a> {
    lines: Vec<Line>,
    keeps: &'a mut dyn FnMut(&str) -> Result<bool>,
}

impl Reducer<'_> {
    /// Takes a candidate if it has the property.
    fn offer(&mut self, lines: Vec<Line>) -> Result<bool> {
        let taken = lines != self.lines && (self.keeps)(&joined(&lines))?;
        if taken {
            self.lines = lines;
        }
        Ok(taken)
    }

    /// Leaves out `chunk` statements that follow each other, wherever that works.
    fn leave_out(&mut self, chunk: usize) -> Result<()> {
        // From the end: what is used further down goes before its definition.
        let mut begin = self.lines.len();
        while begin > 0 {
            begin -= 1;
            let Some(line) = self.lines.get(begin) else {
                continue;
            };
            let indent = line.indent;
            let (mut end, mut count) = (begin, 0);
            while count < chunk && end < self.lines.len() && self.lines[end].indent == indent {
                end = end_of(&self.lines, end);
                count += 1;
            }
            // Fewer statements than asked for were tried with a smaller chunk.
            if count < chunk && begin > 0 {
                continue;
            }
            let mut rest = self.lines.clone();
            rest.drain(begin..end);
            let emptied = begin > 0
                && rest[begin - 1].text.ends_with(':')
                && rest
                    .get(begin)
                    .is_none_or(|next| next.indent <= rest[begin - 1].indent);
            if emptied {
                let text = "pass".to_owned();
                rest.insert(begin, Line { indent, text });
            }
            self.offer(rest)?;
        }
        Ok(())
    }

    /// Puts a body in the place of its statement, whose other clauses go.
    fn unwrap(&mut self) -> Result<()> {
        let mut begin = 0;
        while begin < self.lines.len() {
            let head = &self.lines[begin];
            let end = end_of(&self.lines, begin);
            if end > begin + 1 && head.text.ends_with(':') && !is_later_clause(head) {
                let by = self.lines[begin + 1].indent.saturating_sub(head.indent);
                let mut last = end;
                while self
                    .lines
                    .get(last)
                    .is_some_and(|line| line.indent == head.indent && is_later_clause(line))
                {
                    last = end_of(&self.lines, last);
                }
                let body = self.lines[begin + 1..end].iter().map(|line| Line {
                    indent: line.indent.saturating_sub(by),
                    text: line.text.clone(),
                });
                let mut flat = self.lines[..begin].to_vec();
                flat.extend(body);
                flat.extend_from_slice(&self.lines[last..]);
                if self.offer(flat)? {
                    continue;
                }
            }
            begin += 1;
        }
        Ok(())
    }

    /// Tries shorter forms of each line.
    fn shorten(&mut self) -> Result<()> {
        for index in 0..self.lines.len() {
            let mut candidates = shorter(&self.lines[index].text);
            while let Some(text) = candidates.pop() {
                let mut lines = self.lines.clone();
                lines[index].text = text;
                if self.offer(lines)? {
                    candidates = shorter(&self.lines[index].text);
                }
            }
        }
        Ok(())
    }
}

/// Shorter texts for a line, the most promising last.
fn shorter(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    // Long numbers.
    let mut at = 0;
    while at < bytes.len() {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        let end = at
            + bytes[at..]
                .iter()
                .take_while(|byte| is_word(**byte))
                .count();
        if end > at + 1 && bytes[at].is_ascii_digit() {
            found.push(format!("{}1{}", &text[..at], &text[end..]));
            found.push(format!("{}9{}", &text[..at], &text[end..]));
        }
        at = end.max(at + 1);
    }
    // Groups in parentheses: one of their parts, or a digit.
    for (open, _) in text.match_indices(['(', '[']) {
        let Some(close) = closing(text, open) else {
            continue;
        };
        let (head, inner, tail) = (&text[..open], &text[open + 1..close], &text[close + 1..]);
        let parts = parts(inner);
        let called = head.ends_with(|last: char| last.is_alphanumeric() || "_])".contains(last));
        if parts.len() > 1 {
            for leave in 0..parts.len() {
                let mut rest = parts.clone();
                rest.remove(leave);
                let rest = rest.join(", ");
                let (left, right) = (&text[open..=open], &text[close..=close]);
                found.push(format!("{head}{left}{rest}{right}{tail}"));
            }
        }
        let start = head
            .rfind(|last: char| !(last.is_alphanumeric() || "_.".contains(last)))
            .map_or(0, |at| at + 1);
        let head = if called { &head[..start] } else { head };
        for part in operands(inner) {
            found.push(format!("{head}{part}{tail}"));
        }
        if inner != "0" {
            found.push(format!("{head}0{tail}"));
        }
    }
    // The right side of an assignment.
    if let Some((target, value)) = text.split_once(" = ") {
        for part in operands(value) {
            found.push(format!("{target} = {part}"));
        }
    }
    found.retain(|other| other.len() < text.len());
    found
}

/// The position of the bracket that closes the one at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text[open..].char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + at);
        }
    }
    None
}

/// What stands between commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    outside(text, ", ")
}

/// What stands between spaced operators outside of brackets.
fn operands(text: &str) -> Vec<&str> {
    let words = outside(text, " ");
    if words.len() < 3 {
        return Vec::new();
    }
    words
        .into_iter()
        .filter(|word| {
            let word = word.trim_start_matches(['-', '~']);
            word.starts_with(|first: char| first.is_alphanumeric() || "_(['\"".contains(first))
                && ![
                    "if", "else", "and", "or", "not", "in", "is", "for", "lambda",
                ]
                .contains(&word)
        })
        .map(|word| word.trim_end_matches(','))
        .collect()
}

fn outside<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut found, mut depth, mut begin, mut at) = (Vec::new(), 0_i32, 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        match rest.as_bytes()[0] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ if depth == 0 && rest.starts_with(separator) => {
                found.push(&text[begin..at]);
                begin = at + separator.len();
                at = begin;
                continue;
            }
            _ => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    found.push(&text[begin..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(text: &str, property: impl Fn(&str) -> bool) -> String {
        reduce(text, &mut |candidate| Ok(property(candidate))).unwrap()
    }

    #[test]
    fn statements_go_with_their_blocks() {
        let text = "a = 1\nfor i in b:\n    if c:\n        keep\n    d\nelse:\n    e\nf\n";
        assert_eq!(reduced(text, |text| text.contains("keep")), "keep\n");
    }

    #[test]
    fn a_block_is_never_left_empty() {
        let text = "def f():\n    a = 1\n    b = 2\nf()\n";
        let property = |text: &str| text.contains("def f():") && text.contains("f()\n");
        assert_eq!(reduced(text, property), "def f():\n    pass\nf()\n");
    }

    #[test]
    fn clauses_go_with_what_they_belong_to() {
        let text = "try:\n    keep\nexcept E as e:\n    note(e)\n";
        // Without its `try`, an `except` is no Python.
        let property =
            |text: &str| text.contains("keep") && text.contains("try:") == text.contains("except");
        assert_eq!(reduced(text, property), "keep\n");
    }

    #[test]
    fn expressions_get_shorter() {
        let text = "a = ((b + keep(c, d)) if (e < 1000003) else 5)\n";
        let small = reduced(text, |text| text.contains("keep("));
        assert!(small.len() < 16 && small.contains("keep("), "{small}");
        let small = reduced(text, |text| text.contains(" + ") && text.contains('='));
        assert!(
            !small.contains("1000003") && !small.contains('d'),
            "{small}"
        );
    }

    #[test]
    fn nothing_that_lacks_the_property_is_returned() {
        let text = "a\n    b\nc\n";
        assert_eq!(reduced(text, |_| false), text);
    }

    #[test]
    fn errors_are_passed_on() {
        let error = reduce("a\nb\n", &mut |_| anyhow::bail!("broken")).unwrap_err();
        assert_eq!(error.to_string(), "broken");
    }
}
