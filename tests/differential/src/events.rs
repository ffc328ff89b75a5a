//! The JIT's event log (JSON lines) and the expectations about it.
//!
//! Every line is an object with at least `event`. Deopts are rate-limited: a
//! line carries `count`, how often that exit of that trace has been taken so
//! far, so the number of deopts is the sum over exits of the largest count.
//! All other kinds are logged once each.
//!
//! Example: the log
//! ```text
//! {"event":"compile","trace":1,"residuals":2}
//! {"event":"deopt","trace":1,"exit":4,"count":1}
//! {"event":"deopt","trace":1,"exit":4,"count":8}
//! ```
//! meets `compile == 1`, `residual == 2` and `deopt == 8`.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::directives::{Counted, Directives};

/// The events of one run.
#[derive(Debug, Default)]
pub struct EventLog {
    events: Vec<Value>,
}

impl EventLog {
    /// Reads a log; every line must be an object with a text `event`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut events = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let context = || format!("line {} of the JIT's event log: {line}", index + 1);
            let event: Value = serde_json::from_str(line).with_context(context)?;
            let kind = event.get("event").and_then(Value::as_str);
            kind.context("no text field `event`")
                .with_context(context)?;
            events.push(event);
        }
        Ok(Self { events })
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events
            .iter()
            .filter(move |event| event["event"] == kind)
    }

    /// The number that an expectation is about.
    pub fn count(&self, counted: Counted) -> u64 {
        let number = |event: &Value, field: &str| event.get(field).and_then(Value::as_u64);
        match counted {
            Counted::Residuals => self
                .of_kind("compile")
                .filter_map(|event| number(event, "residuals"))
                .sum(),
            Counted::Events("deopt") => {
                let mut largest = HashMap::new();
                for event in self.of_kind("deopt") {
                    let exit = (event["trace"].to_string(), event["exit"].to_string());
                    let most: &mut u64 = largest.entry(exit).or_default();
                    *most = number(event, "count").unwrap_or(*most + 1).max(*most);
                }
                largest.values().sum()
            }
            Counted::Events(kind) => self.of_kind(kind).count() as u64,
        }
    }

    /// One message for each expectation that does not hold.
    pub fn unmet(&self, directives: &Directives) -> Vec<String> {
        let mut messages = Vec::new();
        for expectation in &directives.expectations {
            let count = self.count(expectation.counted);
            if !expectation.holds(count) {
                messages.push(format!("expected {}, got {count}", expectation.text));
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"{"event":"record_start","line":3}
{"event":"compile","trace":1,"residuals":2}
{"event":"compile","trace":2,"residuals":0}
{"event":"deopt","trace":1,"exit":4,"count":1}
{"event":"deopt","trace":1,"exit":4,"count":8}
{"event":"deopt","trace":2,"exit":4,"count":3}
"#;

    #[test]
    fn events_are_counted_by_kind() {
        let log = EventLog::parse(LOG).unwrap();
        assert_eq!(log.count(Counted::Events("record_start")), 1);
        assert_eq!(log.count(Counted::Events("compile")), 2);
        assert_eq!(log.count(Counted::Events("abort")), 0);
        assert_eq!(log.count(Counted::Residuals), 2);
        assert_eq!(log.count(Counted::Events("deopt")), 11);
    }

    #[test]
    fn unmet_expectations_are_named() {
        let source = "# jit-expect: compile >= 3\n# jit-expect: deopt <= 11\n";
        let directives = Directives::parse(source).unwrap();
        let unmet = EventLog::parse(LOG).unwrap().unmet(&directives);
        assert_eq!(unmet, ["expected compile >= 3, got 2"]);
    }

    #[test]
    fn an_empty_log_counts_nothing() {
        let log = EventLog::parse("").unwrap();
        assert_eq!(log.count(Counted::Events("compile")), 0);
        assert_eq!(log.count(Counted::Residuals), 0);
    }

    #[test]
    fn garbage_is_an_error_with_its_line() {
        for text in ["{\"event\":\"abort\"}\nnot json\n", "{}\n{\"event\":1}\n"] {
            let error = format!("{:#}", EventLog::parse(text).unwrap_err());
            assert!(error.contains("of the JIT's event log"), "{error}");
        }
    }
}
