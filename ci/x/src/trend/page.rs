//! The page itself: a section for each kind of measurement.
//!
//! | kind | chart | table | what differs |
//! |---|---|---|---|
//! | `pyperformance`, `bench` | geometric mean of the ratios | each row's ratio, its change, its line | rows that failed |
//! | `regrtest`, `fuzz` | how much was run; differences | the records | tests and programs that differed in the newest |
//! | any other | none | the records' figures | |
//!
//! Invariant: texts from records are escaped (maud does that); the page has no
//! script, and no address of anything outside of it.
//!
//! Example: two `bench` records of one machine give a chart with two dots, and a
//! table whose column "change" compares them.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::chart::{self, Line, Scale, short};
use super::records::Record;

const STYLE: &str = include_str!("style.css");

/// Kinds in the order in which they are shown, and their titles.
const KINDS: [(&str, &str); 4] = [
    ("pyperformance", "pyperformance"),
    ("bench", "Kernels"),
    ("regrtest", "CPython's own tests"),
    ("fuzz", "Random programs"),
];

/// A ratio this much smaller than the one before is marked.
const WORSE: f64 = 0.95;

/// The page of some records, which are sorted by date.
pub fn page(records: &[Record], refused: &[String]) -> String {
    let mut kinds: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        kinds.entry(&record.kind).or_default().push(record);
    }
    let mut sections = Vec::new();
    for (kind, title) in KINDS {
        if let Some(found) = kinds.remove(kind) {
            sections.push((kind, title, found));
        }
    }
    sections.extend(kinds.into_iter().map(|(kind, found)| (kind, kind, found)));
    let last = records.last();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "rustpython-jit-cp: trend" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "rustpython-jit-cp" }
                    @if let Some(last) = last {
                        p {
                            (records.len()) " records, the newest of " (last.day()) ", commit "
                            code { (last.short_commit()) }
                        }
                    }
                    div.cards {
                        @for (kind, title, found) in &sections {
                            (card(kind, title, found))
                        }
                    }
                }
                @for (kind, title, found) in &sections {
                    section id=(kind) {
                        h2 { (title) }
                        @match *kind {
                            "pyperformance" | "bench" => (speed(found)),
                            "regrtest" => (counts(found, "tests", &|record| tests(record))),
                            "fuzz" => (counts(found, "programs", &|record| record.figure("programs"))),
                            _ => (history(found)),
                        }
                    }
                }
                @if !refused.is_empty() {
                    section {
                        h2 { "Files left out" }
                        ul { @for reason in refused { li { (reason) } } }
                    }
                }
                footer {
                    "Lines connect records of the same machine and settings. A + behind a commit: files differed from it."
                }
            }
        }
    }
    .into_string()
}

/// The newest result of a kind, in one number.
fn card(kind: &str, title: &str, found: &[&Record]) -> Markup {
    let Some(last) = found.last() else {
        return html! {};
    };
    let (number, text, bad) = match kind {
        "pyperformance" | "bench" => {
            let mean = last.geometric_mean;
            let number = mean.map_or("–".to_owned(), |mean| format!("{}×", short(mean)));
            let text = "as fast as stock, geometric mean";
            (number, text, mean.is_some_and(|mean| mean < 1.0))
        }
        "regrtest" | "fuzz" => {
            let count = differing(last).len();
            (count.to_string(), "differences from stock", count > 0)
        }
        _ => (found.len().to_string(), "records", false),
    };
    html! {
        a.card.bad[bad] href={"#" (kind)} {
            span.title { (title) }
            span.number { (number) }
            span.soft { (text) }
        }
    }
}

/// Records by what makes them comparable.
fn by_series<'a>(found: &[&'a Record]) -> BTreeMap<String, Vec<&'a Record>> {
    let mut series: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in found {
        series.entry(record.series()).or_default().push(record);
    }
    series
}

/// A line for each series, over all records of the kind.
fn series_lines(found: &[&Record], value: &dyn Fn(&Record) -> Option<f64>) -> Vec<Line> {
    let line = |(name, own): (String, Vec<&Record>)| Line {
        name,
        // Records of other series between two of this one are no gap in it.
        values: own.iter().map(|record| value(record)).collect(),
    };
    by_series(found).into_iter().map(line).collect()
}

fn labels(found: &[&Record]) -> Vec<String> {
    let label = |record: &&Record| format!("{} {}", &record.date[5..10], record.short_commit());
    found.iter().map(label).collect()
}

fn about(series: &str, own: &[&Record]) -> Markup {
    let last = own.last().map(|record| &record.machine);
    html! {
        p.soft {
            (series)
            @if let Some(machine) = last { ", Linux " (machine.kernel) ", " (machine.rustc) }
        }
    }
}

/// `pyperformance` and `bench`.
fn speed(found: &[&Record]) -> Markup {
    html! {
        @for (series, own) in by_series(found) {
            (about(&series, &own))
            (chart::lines(
                &series_lines(&own, &|record| record.geometric_mean),
                &labels(&own),
                Scale::Ratio,
            ))
            (ratios(&own))
            (failures(&own))
        }
    }
}

fn ratios(own: &[&Record]) -> Markup {
    let all: Vec<_> = own.iter().map(|record| record.ratios()).collect();
    let Some(newest) = all.last() else {
        return html! {};
    };
    let mut rows: Vec<_> = newest.iter().collect();
    rows.sort_by(|one, two| two.1.total_cmp(one.1));
    html! {
        table {
            thead { tr { th { "row" } th.num { "times as fast" } th.num { "change" } th { "over time" } } }
            tbody {
                @for (name, ratio) in rows {
                    @let before = all[..all.len() - 1].iter().rev().find_map(|old| old.get(name));
                    @let change = before.map(|before| ratio / before);
                    tr {
                        td { (name) }
                        td.num.slow[*ratio < 1.0] { (short(*ratio)) }
                        td.num.slow[change.is_some_and(|change| change < WORSE)]
                            .fast[change.is_some_and(|change| change > 1.0 / WORSE)] {
                            @if let Some(change) = change { (format!("{:+.1} %", (change - 1.0) * 100.0)) }
                        }
                        td { (chart::spark(&all.iter().map(|ratios| ratios.get(name).copied()).collect::<Vec<_>>())) }
                    }
                }
            }
        }
    }
}

/// Rows of the newest record that have no ratio, and why.
fn failures(own: &[&Record]) -> Markup {
    let rows = own.last().map_or(&[][..], |record| &record.rows);
    let text = |row: &Value, keys: [&str; 2]| {
        let mut found = keys.iter().filter_map(|key| row[*key].as_str());
        found.next().unwrap_or_default().to_owned()
    };
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| row["ratio"].is_null())
        .map(|row| {
            (
                text(row, ["name", "test"]),
                text(row, ["reason", "failure"]),
            )
        })
        .collect();
    html! {
        @if !failed.is_empty() {
            details {
                summary { (failed.len()) " rows without a ratio in the newest record" }
                ul { @for (name, reason) in failed { li { code { (name) } " " (reason) } } }
            }
        }
    }
}

/// How many tests a record of `regrtest` has.
fn tests(record: &Record) -> Option<f64> {
    Some(
        record
            .rows
            .iter()
            .filter_map(|row| row["tests"].as_f64())
            .sum(),
    )
}

/// `regrtest` and `fuzz`: how much was run, and what differed.
fn counts(found: &[&Record], what: &str, amount: &dyn Fn(&Record) -> Option<f64>) -> Markup {
    html! {
        @for (series, own) in by_series(found) {
            (about(&series, &own))
            h3 { (what) }
            (chart::lines(&series_lines(&own, amount), &labels(&own), Scale::Linear))
            table {
                thead { tr { th { "date" } th { "commit" } th.num { (what) } th.num { "seconds" } th.num { "differences" } } }
                tbody {
                    @for record in own.iter().rev() {
                        @let count = differing(record).len();
                        tr {
                            td { (record.day()) }
                            td { code { (record.short_commit()) } }
                            td.num { (amount(record).map_or(String::new(), short)) }
                            td.num { (seconds(record).map_or(String::new(), short)) }
                            td.num.slow[count > 0] { (count) }
                        }
                    }
                }
            }
            @let newest = own.last().map(|record| differing(record)).unwrap_or_default();
            @if newest.is_empty() {
                p.good { "Nothing differs in the newest record." }
            } @else {
                h3 { "What differs in the newest record" }
                ul.differs { @for (name, text) in newest { li { code { (name) } " " (text) } } }
            }
        }
    }
}

fn seconds(record: &Record) -> Option<f64> {
    let both = || Some(record.figure("stock_seconds")? + record.figure("jit_seconds")?);
    record.figure("seconds").or_else(both)
}

/// Tests or programs that differed, and how.
fn differing(record: &Record) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let mut found = Vec::new();
    for row in &record.rows {
        if record.kind == "fuzz" {
            let how = format!("mode {}: {}", text(&row["mode"]), text(&row["kind"]));
            found.push((text(&row["file"]), how));
        }
        for difference in row["different"].as_array().into_iter().flatten() {
            found.push((text(&difference["test"]), text(&difference["text"])));
        }
    }
    found
}

/// A kind that this page knows nothing about.
fn history(found: &[&Record]) -> Markup {
    html! {
        table {
            thead { tr { th { "date" } th { "commit" } th { "figures" } } }
            tbody {
                @for record in found.iter().rev() {
                    tr {
                        td { (record.day()) }
                        td { code { (record.short_commit()) } }
                        td { code { (Value::from(record.figures.clone()).to_string()) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::tests::record;
    use super::*;
    use serde_json::json;

    fn bench(day: u32, mode: &str, ratio: f64) -> Record {
        let rows = json!([
            {"name": "while_sum.py", "ratio": {"median": ratio}},
            {"name": "broken.py", "ratio": null, "failure": "outputs <differ>"},
        ]);
        Record {
            geometric_mean: Some(ratio),
            ..record("bench", day, json!({"mode": mode}), rows)
        }
    }

    #[test]
    fn speed_shows_the_change_within_a_series() {
        let records = [
            bench(1, "on", 10.0),
            bench(2, "off", 1.0),
            bench(3, "on", 12.0),
        ];
        let text = page(&records, &[]);
        assert!(text.contains("+20.0 %"), "{text}");
        assert!(text.contains("mode off") && text.contains("mode on"));
        assert!(text.contains("outputs &lt;differ&gt;"));
    }

    #[test]
    fn what_differs_is_listed() {
        let fuzz = json!([{"seed": 1, "mode": "t1", "kind": "stdout", "file": "seed-1.min.py"}]);
        let tests = json!([
            {"name": "test_int", "tests": 7, "different": [{"test": "A.test_b", "text": "fail | pass"}]},
        ]);
        let records = [
            record("fuzz", 1, json!({"programs": 5}), fuzz),
            record("regrtest", 2, json!({}), tests),
        ];
        let text = page(&records, &[]);
        assert!(text.contains("seed-1.min.py") && text.contains("mode t1: stdout"));
        assert!(text.contains("A.test_b") && text.contains("fail | pass"));
        assert!(!text.contains("Nothing differs"));
    }

    #[test]
    fn the_page_needs_nothing_but_itself() {
        let records = [
            bench(1, "on", 10.0),
            record("other", 2, json!({"x": 1}), json!([])),
        ];
        let text = page(&records, &["a.json: broken".into()]);
        for outside in ["http:", "https:", "src=", "<script", "@import", "url("] {
            assert!(!text.contains(outside), "{outside}");
        }
        assert!(text.contains("A &lt;B&gt;") && text.contains("a.json: broken"));
    }
}
