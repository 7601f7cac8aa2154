//! A runtime whose functions are scripts of one word with known behaviour.

use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, Json, Source};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};

/// `echo` returns its input, `throw` fails, `wait` runs until it is stopped.
pub(crate) struct Scripted;

#[async_trait]
impl Runtime for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        Ok(Program::new(source.code.to_string()))
    }

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Script))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

struct Script;

#[async_trait]
impl Instance for Script {
    async fn run(self: Box<Self>, call: Call) -> Outcome {
        let result = match call.program.get::<String>().unwrap().as_str() {
            "echo" => Ok(call.input.clone()),
            "throw" => Err(Failure::new(FailureKind::UserError, "as the script says")),
            "wait" => Err(call.stop.stopped().await.failure(call.limits.timeout)),
            _ => Ok(Json::null()),
        };
        Outcome {
            result,
            logs: Vec::new(),
            cold_start: false,
            cpu_time: Duration::ZERO,
        }
    }
}
