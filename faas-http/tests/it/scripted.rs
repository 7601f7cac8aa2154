//! A runtime whose functions are scripts of one word with known behaviour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, Json, LogLevel, LogLine, Source};
use faas_core::runtime::{
    Call, HostRequest, Instance, Outcome, Payload, Program, Runtime, RuntimeStats,
};

/// `echo` returns its input, `env` its environment, `zeros N` N zeros; `throw`, `oom` and `overflow`
/// fail with that error; `panic` panics; `wait` runs until it is stopped, and `suspend` does so
/// without its instance; `host NAME` calls `stock.NAME` of the host with its input, and returns the
/// answer or the code of the error; `log` writes a console line; scripts that start with `bad` do not compile. Any other script returns null. The first call
/// is a cold start.
#[derive(Default)]
pub(crate) struct Scripted {
    is_warm: Arc<AtomicBool>,
}

#[async_trait]
impl Runtime for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        let source = &*source.code;
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

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        let is_cold = !self.is_warm.swap(true, Ordering::SeqCst);
        Ok(Box::new(Script { is_cold }))
    }

    fn script(&self, source: &Source) -> Option<Program> {
        Some(Program::new(source.code.to_string()))
    }

    async fn acquire_fresh(&self) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Script { is_cold: true }))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

struct Script {
    is_cold: bool,
}

#[async_trait]
impl Instance for Script {
    async fn run(self: Box<Self>, call: Call) -> Outcome {
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
            result: act(script, &call).await,
            logs,
            cold_start: self.is_cold,
            cpu_time: Duration::from_micros(1_250),
        }
    }

    async fn run_and_keep(self: Box<Self>, call: Call) -> (Outcome, Option<Box<dyn Instance>>) {
        let outcome = self.run(call).await;
        (outcome, Some(Box::new(Self { is_cold: false })))
    }
}

async fn act(script: &str, call: &Call) -> Result<Json, Failure> {
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
            retry: faas_core::model::RetryAdvice::Policy,
        }),
        "oom" => Err(Failure::new(FailureKind::OutOfMemory, "out of memory")),
        "overflow" => Err(Failure::new(FailureKind::StackOverflow, "stack overflow")),
        "panic" => panic!("as the script says"),
        "suspend" => {
            call.host.wait();
            Err(call.stop.stopped().await.failure(call.limits.timeout))
        }
        "host" => {
            let answer = call.host.call(HostRequest::Call {
                binding: "stock".into(),
                function: number.into(),
                argument: Payload::Json(call.input.clone()),
            });
            match answer.await {
                Ok(Payload::Json(json)) => Ok(json),
                Ok(Payload::Bytes(bytes)) => Ok(serde_json::json!(bytes.len()).into()),
                Ok(Payload::Stream(number)) => Ok(serde_json::json!(number).into()),
                Err(error) => Ok(serde_json::json!(&*error.code).into()),
            }
        }
        "wait" => Err(call.stop.stopped().await.failure(call.limits.timeout)),
        _ => Ok(Json::null()),
    }
}
