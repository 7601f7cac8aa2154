//! A runtime whose functions are one word: what they do is known.

use std::time::Duration;

use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, InstanceId, Json};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};

/// `echo` returns its input, `throw` fails, `wait` runs until it is stopped.
pub(crate) struct Scripted;

impl Runtime for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn compile(&self, source: &str) -> Result<Program, CompileError> {
        Ok(Program::new(source.to_owned()))
    }

    fn instance(&self, _: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Script))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

struct Script;

impl Instance for Script {
    fn run(&mut self, call: &Call<'_>) -> Outcome {
        let result = match call.program.get::<String>().unwrap().as_str() {
            "echo" => Ok(call.input.clone()),
            "throw" => Err(Failure::new(FailureKind::UserError, "as the script says")),
            "wait" => loop {
                if let Some(reason) = call.stop.wait(Duration::from_secs(1)) {
                    break Err(reason.failure(call.limits.timeout));
                }
            },
            _ => Ok(Json::null()),
        };
        Outcome {
            result,
            logs: Vec::new(),
            cold_start: false,
        }
    }
}
