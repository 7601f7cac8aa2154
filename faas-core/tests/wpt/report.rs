//! Compares outcomes with what is expected, and prints.
#![expect(clippy::print_stdout, reason = "the report is for people")]

use std::collections::BTreeSet;

use crate::expectations::{Expectations, failing};
use crate::run::Outcome;
use crate::suite::DIRECTORIES;

/// Prints the number of passed and failed subtests of each directory.
pub(crate) fn table(outcomes: &[Outcome]) {
    println!(
        "{:36} {:>7} {:>7} {:>9}",
        "directory", "passed", "failed", "not run"
    );
    let mut total = (0, 0, 0);
    for directory in DIRECTORIES {
        let prefix = format!("{directory}/");
        let here: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.name.starts_with(&prefix))
            .collect();
        if here.is_empty() {
            continue;
        }
        let passed: usize = here.iter().map(|outcome| outcome.passed).sum();
        let failed: usize = here.iter().map(|outcome| failures_of(outcome)).sum();
        let skipped = here.iter().filter(|outcome| outcome.skipped).count();
        println!("{directory:36} {passed:7} {failed:7} {skipped:9}");
        total = (total.0 + passed, total.1 + failed, total.2 + skipped);
    }
    println!("{:36} {:7} {:7} {:9}", "all", total.0, total.1, total.2);
}

/// A test that does not come to its end counts as one failure more.
fn failures_of(outcome: &Outcome) -> usize {
    outcome.failed + usize::from(outcome.incomplete.is_some())
}

/// Prints what fails, and why.
pub(crate) fn failures(outcomes: &[Outcome]) {
    for outcome in outcomes {
        if failures_of(outcome) == 0 {
            continue;
        }
        println!("\n{}", outcome.name);
        if let Some(problem) = &outcome.incomplete {
            println!("  incomplete: {problem}");
        }
        for (name, problem) in &outcome.subtests {
            if let Some(problem) = problem {
                println!("  {name:?}: {problem}");
            }
        }
    }
}

/// Prints what differs from what is expected. Returns whether nothing does.
pub(crate) fn differences(outcomes: &[Outcome], expected: &Expectations, is_all: bool) -> bool {
    let mut same = true;
    for outcome in outcomes.iter().filter(|outcome| !outcome.skipped) {
        let now: BTreeSet<_> = failing(outcome).into_iter().collect();
        let listed: BTreeSet<_> = expected
            .tests
            .get(&outcome.name)
            .map(|expected| expected.failing.keys().cloned().collect())
            .unwrap_or_default();
        if now == listed {
            continue;
        }
        same = false;
        println!("\n{}", outcome.name);
        for item in now.difference(&listed) {
            println!(
                "  fails, but is not listed: {item}{}",
                problem(outcome, item)
            );
        }
        for item in listed.difference(&now) {
            println!("  is listed, but does not fail: {item}");
        }
    }
    if is_all {
        for (name, entry) in &expected.tests {
            let exists = outcomes.iter().any(|outcome| outcome.name == *name);
            if !exists && !entry.failing.is_empty() {
                println!("\n{name}\n  is listed, but does not exist");
                same = false;
            }
        }
    }
    if !same {
        println!(
            "\nthe web platform tests differ from faas-core/tests/wpt/expectations.txt: mend what \
             fails, or update the list with: make wpt ARGS=--update"
        );
    }
    same
}

fn problem(outcome: &Outcome, item: &str) -> String {
    let of_subtest = outcome.subtests.iter().find_map(|(name, problem)| {
        let quoted = serde_json::Value::from(name.as_str()).to_string();
        problem.as_ref().filter(|_| quoted == item)
    });
    match of_subtest.or(outcome.incomplete.as_ref()) {
        Some(problem) => format!(": {problem}"),
        None => String::new(),
    }
}
