//! How tests end, and whether they end alike under both binaries.
//!
//! The runner (runner.py) keeps a record while it tests a file; a process that dies
//! leaves it without an end. [`Log`] makes outcomes by name of the records of all
//! processes that one file took, and [`judge`] compares such runs.
//!
//! An outcome is more than passed or failed: a test that fails with an assertion on
//! stock and with a `TypeError` under the JIT is a difference. An outcome that stock
//! has shown, too, in any of its runs, is none: the test is flaky.
//!
//! Example: a process killed by signal 11 leaves the record
//! ```text
//! plan    0   test.test_x.T.test_a
//! plan    1   test.test_x.T.test_b
//! start   0   test.test_x.T.test_a
//! end     0   test.test_x.T.test_a
//! start   1   test.test_x.T.test_b
//! ```
//! which reads `test_a: pass`, `test_b: crash: signal 11`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Names of what is not a test, but can go wrong all the same.
const WHOLE_FILE: &str = "(file)";
const START: &str = "(start of the process)";
const END: &str = "(end of the process)";
const UNREACHED: &str = "(tests not reached)";

/// How one test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is compared: `pass`, `skip`, `fail AssertionError (2)`,
    /// `crash: signal 11`, `time-out`, ...
    pub what: String,
    /// For readers: what the first problem says of itself.
    pub text: String,
}

impl Outcome {
    fn new(what: impl Into<String>, text: impl Into<String>) -> Self {
        let (what, text) = (what.into(), text.into());
        Self { what, text }
    }

    /// The kind by which outcomes are counted: without exception, signal, number.
    pub fn kind(&self) -> &str {
        for two_words in ["expected failure", "unexpected success"] {
            if self.what.starts_with(two_words) {
                return two_words;
            }
        }
        let end = self.what.find([' ', ':']).unwrap_or(self.what.len());
        &self.what[..end]
    }
}

/// What went wrong in one test, in order.
#[derive(Debug, Default)]
struct Problems(Vec<(String, String)>);

impl Problems {
    fn outcome(&self) -> Outcome {
        let Some((_, text)) = self.0.first() else {
            return Outcome::new("pass", "");
        };
        // A test with subtests can have many, in an order that does not matter.
        let mut counts = BTreeMap::new();
        for (kind, _) in &self.0 {
            *counts.entry(kind.as_str()).or_insert(0) += 1;
        }
        // Subtests that are skipped say nothing of a test that fails in others.
        if counts.len() > 1 {
            counts.remove("skip");
        }
        let kinds: Vec<_> = counts
            .iter()
            .map(|(kind, count)| match count {
                1 => (*kind).to_owned(),
                _ => format!("{kind} ({count})"),
            })
            .collect();
        Outcome::new(kinds.join(", "), text)
    }
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, well.
    Well,
    /// By itself or by a signal, badly: how, and what it said.
    Badly(String, String),
    /// A single test took too long.
    TestTimeOut,
    /// The time of the whole file is over.
    FileTimeOut,
}

/// What is left to do after a process.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Done,
    /// The test at this place, and those behind it.
    From(usize),
}

/// The outcomes of one file, put together from one process after the other.
#[derive(Debug, Default)]
pub struct Log {
    /// By place. A name that occurs twice is told apart by a number.
    names: Vec<String>,
    outcomes: BTreeMap<String, Outcome>,
}

impl Log {
    /// Adds the record of a process that was told to begin at the place `first`.
    pub fn read(&mut self, record: &str, first: usize, end: &End) -> Next {
        let mut next = first;
        let mut running: Option<Problems> = None;
        let mut over = false;
        // Problems outside of tests: of classes and modules, by their names.
        let mut outside: BTreeMap<String, Problems> = BTreeMap::new();
        // The last line can be cut off.
        for line in record.split_inclusive('\n') {
            let Some(line) = line.strip_suffix('\n') else {
                continue;
            };
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or("");
            match field() {
                "plan" => self.plan(field(), field()),
                "start" => {
                    next = field().parse().unwrap_or(next);
                    running = Some(Problems::default());
                }
                "problem" => {
                    let name = field().to_owned();
                    let problem = (field().to_owned(), field().to_owned());
                    match &mut running {
                        Some(problems) => problems.0.push(problem),
                        None => outside.entry(name).or_default().0.push(problem),
                    }
                }
                "end" => {
                    if let Some(problems) = running.take() {
                        self.set(next, problems.outcome());
                    }
                    next += 1;
                }
                "file" => {
                    let outcome = Outcome::new(field(), field());
                    self.outcomes.insert(WHOLE_FILE.to_owned(), outcome);
                    over = true;
                }
                "done" => over = true,
                _ => {}
            }
        }
        for (name, problems) in outside {
            self.outcomes.insert(name, problems.outcome());
        }
        let outcome = match end {
            End::Well if over => return Next::Done,
            End::Well => Outcome::new("crash: exit code 0", "the process ended by itself"),
            End::Badly(how, said) => Outcome::new(format!("crash: {how}"), said),
            End::TestTimeOut => Outcome::new("time-out", ""),
            End::FileTimeOut => return Next::From(next),
        };
        if over || (next >= self.names.len() && !self.names.is_empty()) {
            self.outcomes.insert(END.to_owned(), outcome);
            return Next::Done;
        }
        if self.names.is_empty() {
            self.outcomes.insert(START.to_owned(), outcome);
            return Next::Done;
        }
        // No test was running: the preparation of the next one's class was.
        self.set(next, outcome);
        if next + 1 < self.names.len() {
            Next::From(next + 1)
        } else {
            Next::Done
        }
    }

    fn plan(&mut self, place: &str, id: &str) {
        // A process that begins later plans the rest of the same.
        if place.parse() != Ok(self.names.len()) {
            return;
        }
        let same = |name: &&String| name.split(" #").next() == Some(id);
        let name = match self.names.iter().filter(same).count() {
            0 => id.to_owned(),
            before => format!("{id} #{}", before + 1),
        };
        self.names.push(name);
    }

    fn set(&mut self, place: usize, outcome: Outcome) {
        if let Some(name) = self.names.get(place) {
            self.outcomes.insert(name.clone(), outcome);
        }
    }

    /// The outcomes; what was not done because `left` was left to do is one.
    pub fn finish(mut self, left: &Next, seconds: f64) -> Run {
        if let Next::From(place) = left {
            let what = format!("{} of {}", self.names.len() - place, self.names.len());
            let outcome = Outcome::new(what, "too many crashes, or too slow");
            self.outcomes.insert(UNREACHED.to_owned(), outcome);
        }
        Run {
            outcomes: self.outcomes,
            seconds,
        }
    }
}

/// One file under one binary, once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    pub outcomes: BTreeMap<String, Outcome>,
    pub seconds: f64,
}

impl Run {
    /// What the test did, or `None` if this run did not come that far.
    fn what(&self, name: &str) -> Option<&str> {
        match self.outcomes.get(name) {
            Some(outcome) => Some(&outcome.what),
            None if name == UNREACHED => Some("none"),
            None if self.outcomes.contains_key(UNREACHED) => None,
            None => Some("not run"),
        }
    }

    /// For the cache.
    pub fn json(&self) -> Value {
        let outcomes: Map<_, _> = self
            .outcomes
            .iter()
            .map(|(name, outcome)| (name.clone(), json!([outcome.what, outcome.text])))
            .collect();
        json!({"seconds": self.seconds, "outcomes": outcomes})
    }

    /// The reverse of [`Run::json`]; `None` if it is not of that form.
    pub fn of_json(value: &Value) -> Option<Self> {
        let mut outcomes = BTreeMap::new();
        for (name, outcome) in value["outcomes"].as_object()? {
            let outcome = Outcome::new(outcome[0].as_str()?, outcome[1].as_str()?);
            outcomes.insert(name.clone(), outcome);
        }
        let seconds = value["seconds"].as_f64()?;
        Some(Self { outcomes, seconds })
    }
}

/// A test that did not end alike everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub name: String,
    /// Stock has shown every outcome that the JIT has shown.
    pub flaky: bool,
    /// The outcomes of all runs that came that far, in order.
    pub stock: Vec<String>,
    pub jit: Vec<String>,
    /// What the JIT's first problem said that stock has not shown.
    pub text: String,
}

impl Finding {
    /// For the record of the command.
    pub fn json(&self) -> Value {
        json!({
            "test": self.name, "stock": self.stock, "jit": self.jit, "text": self.text,
        })
    }
}

/// Compares all runs of a file, in the order of the tests' names. A test whose runs
/// were all alike is not mentioned.
pub fn judge(stock: &[Run], jit: &[Run]) -> Vec<Finding> {
    let names: BTreeSet<&String> = stock
        .iter()
        .chain(jit)
        .flat_map(|run| run.outcomes.keys())
        .collect();
    let seen = |runs: &[Run], name: &str| -> Vec<String> {
        let whats = runs.iter().filter_map(|run| run.what(name));
        whats.map(str::to_owned).collect()
    };
    let mut findings = Vec::new();
    for name in names {
        let (on_stock, on_jit) = (seen(stock, name), seen(jit, name));
        let mut all = on_stock.iter().chain(&on_jit);
        let first = all.next();
        if on_stock.is_empty() || on_jit.is_empty() || all.all(|what| Some(what) == first) {
            continue;
        }
        let news = on_jit.iter().find(|what| !on_stock.contains(what));
        let told = news.unwrap_or(&on_jit[0]);
        let text = jit
            .iter()
            .filter_map(|run| run.outcomes.get(name))
            .find(|outcome| outcome.what == *told)
            .map_or("", |outcome| &outcome.text);
        findings.push(Finding {
            name: name.clone(),
            flaky: news.is_none(),
            text: text.to_owned(),
            stock: on_stock,
            jit: on_jit,
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(parts: &[(&str, End)]) -> (Run, Next) {
        let mut log = Log::default();
        let mut next = Next::From(0);
        for (record, end) in parts {
            let Next::From(first) = next else {
                panic!("nothing was left to do")
            };
            next = log.read(record, first, end);
        }
        (log.finish(&next, 1.5), next)
    }

    fn whats(run: &Run) -> Vec<(&str, &str)> {
        let outcomes = run.outcomes.iter();
        outcomes
            .map(|(name, o)| (name.as_str(), o.what.as_str()))
            .collect()
    }

    fn killed() -> End {
        End::Badly("signal 11".to_owned(), "oops".to_owned())
    }

    const PLAN: &str = "plan\t0\ta\nplan\t1\tb\nplan\t2\tb\n";

    #[test]
    fn all_kinds_of_outcomes() {
        let record = format!(
            "{PLAN}start\t0\ta\nend\t0\ta\n\
             start\t1\tb\nproblem\tb [1]\tfail AssertionError\t1 != 2\n\
             problem\tb\tskip\tno\nproblem\tb [2]\tfail AssertionError\t2 != 3\nend\t1\tb\n\
             problem\tsetUpClass (C)\terror OSError\tgone\n\
             start\t2\tb\nproblem\tb\texpected failure\t\nend\t2\tb\ndone\n"
        );
        let (run, next) = log(&[(&record, End::Well)]);
        assert_eq!(next, Next::Done);
        assert_eq!(
            whats(&run),
            [
                ("a", "pass"),
                ("b", "fail AssertionError (2)"),
                ("b #2", "expected failure"),
                ("setUpClass (C)", "error OSError"),
            ]
        );
        assert_eq!(run.outcomes["b"].text, "1 != 2");
        let kinds: Vec<_> = run.outcomes.values().map(Outcome::kind).collect();
        assert_eq!(kinds, ["pass", "fail", "expected failure", "error"]);
        assert_eq!(Run::of_json(&run.json()), Some(run));
        assert_eq!(Run::of_json(&json!({"seconds": 1})), None);
    }

    #[test]
    fn a_crash_is_of_the_test_that_was_running() {
        let (run, next) = log(&[
            (
                &format!("{PLAN}start\t0\ta\nend\t0\ta\nstart\t1\tb\nprob"),
                killed(),
            ),
            ("plan\t2\tb\nstart\t2\tb\nend\t2\tb\ndone\n", killed()),
        ]);
        assert_eq!(next, Next::Done);
        assert_eq!(
            whats(&run),
            [
                (END, "crash: signal 11"),
                ("a", "pass"),
                ("b", "crash: signal 11"),
                ("b #2", "pass"),
            ]
        );
        assert_eq!(run.outcomes["b"].text, "oops");
        assert_eq!(run.outcomes["b"].kind(), "crash");
    }

    #[test]
    fn a_crash_between_tests_is_of_the_next_one() {
        let (run, next) = log(&[(&format!("{PLAN}start\t0\ta\nend\t0\ta\n"), killed())]);
        assert_eq!(next, Next::From(2));
        assert_eq!(
            whats(&run),
            [
                (UNREACHED, "1 of 3"),
                ("a", "pass"),
                ("b", "crash: signal 11")
            ]
        );
        let (run, next) = log(&[("", End::TestTimeOut)]);
        assert_eq!((next, whats(&run)), (Next::Done, vec![(START, "time-out")]));
        // os._exit(0) in a test.
        let (run, _) = log(&[("plan\t0\ta\nstart\t0\ta\n", End::Well)]);
        assert_eq!(whats(&run), [("a", "crash: exit code 0")]);
    }

    #[test]
    fn the_time_of_the_file_is_nobodys_fault() {
        let (run, next) = log(&[(&format!("{PLAN}start\t0\ta\n"), End::FileTimeOut)]);
        assert_eq!(
            (next, whats(&run)),
            (Next::From(0), vec![(UNREACHED, "3 of 3")])
        );
    }

    #[test]
    fn a_file_can_be_skipped() {
        let (run, _) = log(&[("file\tskip\tneeds x\n", End::Well)]);
        assert_eq!(whats(&run), [(WHOLE_FILE, "skip")]);
    }

    fn run(outcomes: &[(&str, &str)]) -> Run {
        let outcomes = outcomes.iter();
        Run {
            outcomes: outcomes
                .map(|(name, what)| ((*name).to_owned(), Outcome::new(*what, *what)))
                .collect(),
            seconds: 0.0,
        }
    }

    /// Name, whether it is flaky, text.
    fn judged(stock: &[Run], jit: &[Run]) -> Vec<(String, bool, String)> {
        let findings = judge(stock, jit).into_iter();
        findings.map(|f| (f.name, f.flaky, f.text)).collect()
    }

    #[test]
    fn equal_runs_are_not_mentioned() {
        let jit = [(); 2].map(|()| run(&[("a", "pass"), ("b", "skip")]));
        assert_eq!(judge(&jit[..1], &jit), []);
    }

    #[test]
    fn a_test_is_flaky_only_if_stock_shows_all_that_the_jit_shows() {
        let (pass, fail, crash) = (
            run(&[("a", "pass")]),
            run(&[("a", "fail E")]),
            run(&[("a", "crash: signal 6")]),
        );
        let one = |flaky, text: &str| vec![("a".to_owned(), flaky, text.to_owned())];
        let both = [pass.clone(), fail.clone()];
        assert_eq!(judged(&both[..1], &both[1..]), one(false, "fail E"));
        assert_eq!(judged(&both, &both[1..]), one(true, "fail E"));
        assert_eq!(
            judged(&both, std::slice::from_ref(&crash)),
            one(false, "crash: signal 6")
        );
        // Once is enough.
        let jit = [pass.clone(), crash, pass];
        assert_eq!(judged(&both, &jit), one(false, "crash: signal 6"));
        assert_eq!(judge(&both, &jit)[0].jit.len(), 3);
    }

    #[test]
    fn what_was_not_reached_is_not_compared() {
        let whole = run(&[("a", "pass"), ("b", "pass")]);
        let part = run(&[("a", "crash: signal 6"), (UNREACHED, "1 of 2")]);
        let names: Vec<_> = judge(std::slice::from_ref(&whole), &[part])
            .into_iter()
            .map(|finding| finding.name)
            .collect();
        assert_eq!(names, [UNREACHED, "a"]);
        // Not there without such a reason.
        let other = run(&[("a", "pass")]);
        assert_eq!(judge(&[whole], &[other])[0].jit, ["not run"]);
    }
}
