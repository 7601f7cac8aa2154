//! A runtime whose functions are one word: what they do is known.

use std::time::Duration;

use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, InstanceId, Json, LogLevel, LogLine};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};

/// `echo` returns its input, `env` its environment, `zeros N` N zeros; `throw`, `oom` and `overflow` fail as they say;
/// `panic` breaks its instance; `wait` runs until it is stopped; `log` writes to its console; what starts with `bad` is no code.
/// Any other script returns null.
pub(crate) struct Scripted;

impl Runtime for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn compile(&self, source: &str) -> Result<Program, CompileError> {
        if source.starts_with("bad") {
            return Err(CompileError {
                message: "unexpected word (line 2, column 7)".to_owned(),
                line: Some(2),
                column: Some(7),
                temporary: false,
            });
        }
        Ok(Program::new(source.to_owned()))
    }

    fn instance(&self, _: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Script { calls: 0 }))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

struct Script {
    calls: usize,
}

impl Instance for Script {
    fn run(&mut self, call: &Call<'_>) -> Outcome {
        self.calls += 1;
        let script = call.program.get::<String>().unwrap();
        let logs = match script.as_str() {
            "log" => vec![LogLine {
                level: LogLevel::Warn,
                message: "a line".to_owned(),
                at: call.context.deadline,
            }],
            _ => Vec::new(),
        };
        Outcome {
            result: act(script, call),
            logs,
            cold_start: self.calls == 1,
        }
    }
}

fn act(script: &str, call: &Call<'_>) -> Result<Json, Failure> {
    let (word, number) = script.split_once(' ').unwrap_or((script, "0"));
    match word {
        "echo" => Ok(call.input.clone()),
        "env" => {
            let environment = call.environment.as_json().unwrap_or("{}");
            Ok(Json::trusted(environment.to_owned()))
        }
        "zeros" => {
            let zeros = vec!["0"; number.parse().unwrap()].join(",");
            Ok(Json::trusted(format!("[{zeros}]")))
        }
        "throw" => Err(Failure {
            kind: FailureKind::UserError,
            message: "Error: as the script says".to_owned(),
            stack: Some("Error: as the script says\n    at line 3".to_owned()),
        }),
        "oom" => Err(Failure::new(FailureKind::OutOfMemory, "out of memory")),
        "overflow" => Err(Failure::new(FailureKind::StackOverflow, "stack overflow")),
        "panic" => panic!("as the script says"),
        "wait" => loop {
            if let Some(reason) = call.stop.wait(Duration::from_secs(1)) {
                return Err(reason.failure(call.limits.timeout));
            }
        },
        _ => Ok(Json::null()),
    }
}
