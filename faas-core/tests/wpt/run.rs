//! Runs tests, each in an isolate of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use faas_core::model::{ExecutionId, FunctionId, InstanceId, Json, LogLine, Timestamp};
use faas_core::runtime::{
    Call, CallContext, Limits, OpenEnvironment, Processes, ProcessesOptions, Runtime, StopSignal,
};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::expectations::Expectations;
use crate::suite::{self, Test};

/// How long a test may take. A test that waits for nothing ends at once.
const TIMEOUT: Duration = Duration::from_secs(20);
const LONG_TIMEOUT: Duration = Duration::from_secs(90);

/// The JavaScript heap of a test, in bytes.
const MEMORY: usize = 256 << 20;

/// What became of a test.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    /// Why the test was not run to its end; `None` if it was.
    pub(crate) incomplete: Option<String>,
    /// Whether the expectations say that the test is not to be run.
    pub(crate) skipped: bool,
    /// The number of subtests that passed. Several can have the same name.
    pub(crate) passed: usize,
    /// The number of subtests that failed.
    pub(crate) failed: usize,
    /// The subtests by name: `None` for one that passed, or what was wrong.
    pub(crate) subtests: BTreeMap<String, Option<String>>,
}

impl Outcome {
    fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            incomplete: None,
            skipped: false,
            passed: 0,
            failed: 0,
            subtests: BTreeMap::new(),
        }
    }

    fn add(&mut self, name: String, problem: Option<String>) {
        match &problem {
            None => self.passed += 1,
            Some(_) => self.failed += 1,
        }
        let known = self.subtests.entry(name).or_insert(None);
        if known.is_none() {
            *known = problem;
        }
    }
}

/// A line that the test writes to its console; see `prelude.js`.
#[derive(Deserialize)]
struct Line {
    name: Option<String>,
    status: i32,
    message: String,
}

/// Runs all tests, as many at a time as there are processors.
pub(crate) fn all(
    folder: &Path,
    tests: &[Test],
    expected: &Expectations,
) -> Result<Vec<Outcome>, String> {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    tokio.block_on(async {
        let processes =
            Processes::new(ProcessesOptions::default()).map_err(|error| error.to_string())?;
        let jobs = available_parallelism().map_or(2, usize::from);
        let mut running = JoinSet::new();
        let mut outcomes = Vec::new();
        for test in tests {
            if expected.skips(&test.name) {
                outcomes.push(Outcome {
                    skipped: true,
                    ..Outcome::of(&test.name)
                });
                continue;
            }
            if running.len() >= jobs
                && let Some(outcome) = running.join_next().await
            {
                outcomes.push(outcome.map_err(|error| error.to_string())?);
            }
            match source(folder, test) {
                Ok(source) => {
                    let (name, is_long) = (test.name.clone(), test.is_long);
                    running.spawn(one(processes.clone(), name, source, is_long));
                }
                Err(error) => outcomes.push(Outcome {
                    incomplete: Some(error),
                    ..Outcome::of(&test.name)
                }),
            }
        }
        while let Some(outcome) = running.join_next().await {
            outcomes.push(outcome.map_err(|error| error.to_string())?);
        }
        outcomes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(outcomes)
    })
}

/// Makes one function of the harness, the included scripts and the test.
fn source(folder: &Path, test: &Test) -> Result<String, String> {
    let mut scripts = String::new();
    for (number, script) in test.scripts.iter().enumerate() {
        scripts.push_str(&suite::read(script)?);
        scripts.push_str(if number == 0 {
            "\nwpt$.watch();\n"
        } else {
            "\n"
        });
    }
    let settings = serde_json::json!({
        "variant": test.variant,
        "path": format!("/{}", test.path),
        "files": suite::fetched(folder, test, &scripts),
    });
    let prelude = include_str!("prelude.js").replace("$SETTINGS", &settings.to_string());
    Ok(format!(
        "return (function () {{\n{prelude}\n{scripts}\nreturn wpt$.completed;\n}}).call(globalThis)"
    ))
}

async fn one(processes: Processes, name: String, source: String, is_long: bool) -> Outcome {
    let mut outcome = Outcome::of(&name);
    let compiler = processes.clone();
    let compiled =
        tokio::task::spawn_blocking(move || compiler.compile(&source.as_str().into())).await;
    let program = match compiled {
        Ok(Ok(program)) => program,
        Ok(Err(error)) => {
            outcome.incomplete = Some(format!("does not compile: {error}"));
            return outcome;
        }
        Err(error) => {
            outcome.incomplete = Some(error.to_string());
            return outcome;
        }
    };
    let function = FunctionId::from_u128(fastrand::u128(..));
    let call = Call {
        function: (function, 1),
        program,
        environment: Arc::new(OpenEnvironment::EMPTY),
        bindings: Arc::new([]),
        input: Json::null(),
        is_http: false,
        context: Arc::new(CallContext {
            execution_id: ExecutionId::from_u128(1),
            function_id: function,
            function_name: name.as_str().into(),
            attempt: 1,
            deadline: Timestamp::from_millis(0),
            instance_id: InstanceId::new("test"),
        }),
        limits: Limits {
            timeout: if is_long { LONG_TIMEOUT } else { TIMEOUT },
            memory: MEMORY,
            output: 1 << 10,
            log_lines: 1 << 20,
            log_bytes: 32 << 20,
            host_calls: 1,
            host_bytes: 1 << 10,
        },
        stop: Arc::new(StopSignal::default()),
        host: Arc::new(()),
    };
    let ended = match processes.acquire(call.function).await {
        Ok(instance) => instance.run(call).await,
        Err(error) => {
            outcome.incomplete = Some(error.to_string());
            return outcome;
        }
    };
    processes.forget(function);
    read_lines(&ended.logs, &mut outcome);
    if let Err(failure) = ended.result {
        outcome.incomplete = Some(failure.message);
    }
    outcome
}

fn read_lines(lines: &[LogLine], outcome: &mut Outcome) {
    for line in lines {
        // Groups of the console indent lines. Other lines are the test's own.
        let Ok(line) = serde_json::from_str::<Line>(line.message.trim_start()) else {
            continue;
        };
        // Zero is a success, both for a subtest and for the harness.
        let problem = (line.status != 0).then_some(line.message);
        match line.name {
            Some(name) => outcome.add(name, problem),
            None => outcome.incomplete = problem,
        }
    }
}
