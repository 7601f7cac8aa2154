//! The list of the tests that fail, and why: `expectations.txt`.
//!
//! A test's name is followed by indented lines. `skip: REASON` means that the test is not run; the
//! name is then a prefix. `why: REASON` is the reason for the lines after it, which are the subtests
//! that fail, in quotes, or `all`: no subtest passes, or `incomplete`: the test does not come to its
//! end, so some of its subtests are unknown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::run::Outcome;

const UNEXPLAINED: &str = "not yet examined";
const ORIGIN: &str = "# Tests from ";

/// What is expected of one test that does not pass.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    skip: Option<String>,
    /// The reasons by what fails: `all`, `incomplete`, or a subtest in quotes.
    pub(crate) failing: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Expectations {
    pub(crate) origin: String,
    pub(crate) tests: BTreeMap<String, Expected>,
}

impl Expectations {
    pub(crate) fn read() -> Result<Self, String> {
        let text = crate::suite::read(&path())?;
        let mut this = Self {
            origin: String::new(),
            tests: BTreeMap::new(),
        };
        let (mut test, mut why) = (String::new(), String::new());
        for (number, line) in text.lines().enumerate() {
            if let Some(origin) = line.strip_prefix(ORIGIN) {
                this.origin = origin.to_owned();
            } else if line.is_empty() || line.starts_with('#') {
            } else if let Some(item) = line.strip_prefix("  ") {
                let expected = this.tests.entry(test.clone()).or_default();
                if let Some(reason) = item.strip_prefix("skip: ") {
                    expected.skip = Some(reason.to_owned());
                } else if let Some(reason) = item.strip_prefix("why: ") {
                    reason.clone_into(&mut why);
                } else if item == "all" || item == "incomplete" || item.starts_with('"') {
                    expected.failing.insert(item.to_owned(), why.clone());
                } else {
                    return Err(format!("expectations.txt, line {}: {line}", number + 1));
                }
            } else {
                line.clone_into(&mut test);
                UNEXPLAINED.clone_into(&mut why);
            }
        }
        Ok(this)
    }

    /// Returns whether the test is not to be run.
    pub(crate) fn skips(&self, name: &str) -> bool {
        self.tests
            .iter()
            .any(|(prefix, expected)| expected.skip.is_some() && name.starts_with(prefix))
    }

    /// Replaces what is expected by the outcomes, and keeps reasons. If `is_all`, the outcomes are of
    /// all tests that there are.
    pub(crate) fn update(&mut self, outcomes: &[Outcome], is_all: bool) {
        if is_all {
            self.tests.retain(|name, expected| {
                expected.skip.is_some() || outcomes.iter().any(|outcome| outcome.name == *name)
            });
        }
        for outcome in outcomes.iter().filter(|outcome| !outcome.skipped) {
            let old = self.tests.remove(&outcome.name).unwrap_or_default();
            // What one reason explained so far, it probably explains now.
            let common = match old.failing.get("all") {
                Some(reason) => reason.as_str(),
                None => UNEXPLAINED,
            };
            let failing: BTreeMap<_, _> = failing(outcome)
                .into_iter()
                .map(|item| {
                    let reason = old.failing.get(&item).map_or(common, String::as_str);
                    (item, reason.to_owned())
                })
                .collect();
            if !failing.is_empty() {
                let expected = Expected {
                    skip: None,
                    failing,
                };
                self.tests.insert(outcome.name.clone(), expected);
            }
        }
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        let mut text = format!(
            "# The web platform tests that fail, and why: see expectations.rs for the format.\n\
             {ORIGIN}{}\n",
            self.origin
        );
        for (name, expected) in &self.tests {
            let _ = write!(text, "\n{name}\n");
            if let Some(reason) = &expected.skip {
                let _ = writeln!(text, "  skip: {reason}");
            }
            let mut by_reason = BTreeMap::<_, Vec<_>>::new();
            for (item, reason) in &expected.failing {
                by_reason.entry(reason).or_default().push(item);
            }
            for (reason, items) in by_reason {
                let _ = writeln!(text, "  why: {reason}");
                for item in items {
                    let _ = writeln!(text, "  {item}");
                }
            }
        }
        std::fs::write(path(), text).map_err(|error| error.to_string())
    }
}

/// Returns what fails in a test, as items of the list.
pub(crate) fn failing(outcome: &Outcome) -> Vec<String> {
    let mut items = Vec::new();
    if outcome.passed == 0 && (outcome.failed > 0 || outcome.incomplete.is_some()) {
        items.push("all".to_owned());
        return items;
    }
    if outcome.incomplete.is_some() {
        items.push("incomplete".to_owned());
    }
    for (name, problem) in &outcome.subtests {
        if problem.is_some() {
            items.push(serde_json::Value::from(name.as_str()).to_string());
        }
    }
    items
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wpt/expectations.txt")
}
