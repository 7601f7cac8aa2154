//! Parses a hostile function, a file of `tests/hostile`. The README there describes the format.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// A function and its permitted results.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// `class/name`
    pub(super) name: String,
    pub(super) code: String,
    pub(super) timeout: Duration,
    pub(super) input: String,
    /// For each execution in order, the permitted verdicts.
    pub(super) executions: Vec<Vec<Verdict>>,
    /// Whether a thread cannot interrupt it and must be abandoned.
    pub(super) outlives_a_thread: bool,
}

/// How an upload or an execution ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// With this output.
    Completed(Value),
    /// With this `errorKind`, and an error that contains this text.
    Failed { kind: String, error: String },
    /// The upload is refused with 400, or 413 if it is too long, and an error that contains this text.
    Refused { error: String },
}

/// A case with this timeout or more does not reach it on an idle machine.
const NOT_MET: Duration = Duration::from_secs(5);

/// The timeout of a case that must not time out: even a busy machine does not reach it. A longer one
/// would move the function to another tier, with another memory limit.
const LONG: Duration = Duration::from_secs(60);

impl Verdict {
    fn is_timeout(&self) -> bool {
        matches!(self, Self::Failed { kind, .. } if kind == "timeout")
    }

    fn parse(text: &str) -> Self {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "completed" => Self::Completed(serde_json::from_str(rest).expect("an output in JSON")),
            "failed" => {
                let (kind, error) = rest.split_once(' ').unwrap_or((rest, ""));
                Self::Failed {
                    kind: kind.to_owned(),
                    error: error.to_owned(),
                }
            }
            "refused" => Self::Refused {
                error: rest.to_owned(),
            },
            other => panic!("{other} is no verdict"),
        }
    }

    /// Whether an outcome matches this verdict.
    pub(super) fn allows(&self, came: &Self) -> bool {
        match (self, came) {
            (
                Self::Failed { kind, error },
                Self::Failed {
                    kind: came,
                    error: text,
                },
            ) => kind == came && text.contains(error),
            (Self::Refused { error }, Self::Refused { error: text }) => text.contains(error),
            (wanted, came) => wanted == came,
        }
    }
}

/// All files of the corpus, in order of their names.
pub(super) fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hostile");
    let mut paths: Vec<PathBuf> = folders(&root)
        .iter()
        .flat_map(|class| files(class))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path, &root)).collect()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_dir()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(path: &Path, root: &Path) -> Case {
    let name = path.strip_prefix(root).unwrap().with_extension("");
    let text = std::fs::read_to_string(path).unwrap();
    parse(&name.display().to_string(), &text)
}

fn parse(name: &str, text: &str) -> Case {
    let (head, code) = text
        .split_once("\n\n")
        .unwrap_or_else(|| panic!("{name}: an empty line must follow the head"));
    let mut case = Case {
        name: name.to_owned(),
        code: expand(code.trim_end()),
        timeout: Duration::ZERO,
        input: "{}".to_owned(),
        executions: Vec::new(),
        outlives_a_thread: false,
    };
    for line in head.lines() {
        let line = line.strip_prefix("// ");
        let line = line.unwrap_or_else(|| panic!("{name}: the head is comment lines"));
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        match key {
            "must" | "then" => case.executions.push(vec![Verdict::parse(value)]),
            "or" => case
                .executions
                .last_mut()
                .unwrap()
                .push(Verdict::parse(value)),
            "timeout" => case.timeout = Duration::from_millis(value.parse().unwrap()),
            "input" => value.clone_into(&mut case.input),
            "thread" => {
                assert_eq!(value, "abandoned", "{name}");
                case.outlives_a_thread = true;
            }
            _ => assert!(key.contains(' '), "{name}: {key} is no key"),
        }
    }
    assert!(!case.executions.is_empty(), "{name}: `must` is missing");
    assert!(!case.timeout.is_zero(), "{name}: `timeout` is missing");
    // A short timeout is part of the case: code that runs on after its result is stopped by it.
    let meets_its_timeout = case.executions.iter().flatten().any(Verdict::is_timeout);
    if case.timeout >= NOT_MET && !meets_its_timeout {
        case.timeout = LONG;
    }
    case
}

/// Writes out `«3 a»` as `aaa`, and `«3 a#»` as `a0a1a2`.
fn expand(text: &str) -> String {
    let mut pieces = text.split('«');
    let mut expanded = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (repeat, rest) = piece.split_once('»').expect("a » after each «");
        let (count, what) = repeat.split_once(' ').expect("a count and a text");
        for n in 0..count.parse::<usize>().expect("a count") {
            match what.contains('#') {
                true => expanded += &what.replace('#', &n.to_string()),
                false => expanded += what,
            }
        }
        expanded += rest;
    }
    expanded
}

#[test]
fn a_case_is_parsed_from_its_head_and_code() {
    let case = parse(
        "class/name",
        "// About it.\n// A line of prose: with a colon.\n// must: failed timeout timed out\n\
         // or: completed {\"a\": 1}\n// then: refused\n// timeout: 300\n// thread: abandoned\n\n\
         return «2 ab»«3 c#,»;\n",
    );
    assert_eq!(case.code, "return ababc0,c1,c2,;");
    assert_eq!(case.executions.len(), 2);
    assert_eq!(case.timeout, Duration::from_millis(300));
    assert!(case.outlives_a_thread);
    let timeout = |error: &str| Verdict::Failed {
        kind: "timeout".to_owned(),
        error: error.to_owned(),
    };
    assert!(case.executions[0][0].allows(&timeout("timed out after 300 ms")));
    assert!(!case.executions[0][0].allows(&timeout("something else")));
    assert!(!case.executions[0][1].allows(&timeout("timed out")));
    let completed = |text| Verdict::Completed(serde_json::from_str(text).unwrap());
    assert!(case.executions[0][1].allows(&completed("{\"a\":1}")));
    assert!(!case.executions[0][1].allows(&completed("{\"a\":2}")));
}
