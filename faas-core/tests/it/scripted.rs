//! A runtime whose functions are one-line scripts with known behaviour and duration.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, InstanceId, Json};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats, StopReason};

/// `echo` returns its input, `attempt` returns the number of its attempt, `fail N` throws on the
/// first N attempts, `sleep N` returns its input after N milliseconds of real time, `wait` returns
/// when the gate is opened or the call is stopped, `late` reports its timeout when the gate is
/// opened, `hang` ignores the stop signal, `panic` panics.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) gate: Arc<AtomicBool>,
    /// Whether the host lacks resources for isolates; `prepare` then waits.
    pub(crate) is_full: Arc<AtomicBool>,
    pub(crate) running: Arc<AtomicUsize>,
    pub(crate) most_running: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn open(&self) {
        self.gate.store(true, Ordering::SeqCst);
    }
}

impl Runtime for Scripted {
    fn describe(&self) -> String {
        "scripted".to_owned()
    }

    fn compile(&self, source: &str) -> Result<Program, CompileError> {
        if source.starts_with("bad") {
            return Err(CompileError {
                message: "bad script (line 1, column 1)".into(),
                line: Some(1),
                column: Some(1),
                temporary: false,
            });
        }
        Ok(Program::new(source.to_owned()))
    }

    fn instance(&self, _: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Script {
            shared: self.clone(),
            calls: 0,
        }))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

struct Script {
    shared: Scripted,
    calls: usize,
}

impl Instance for Script {
    fn prepare(&mut self, _: (FunctionId, u32)) -> Result<(), RuntimeError> {
        while self.shared.is_full.load(Ordering::SeqCst) {
            #[expect(clippy::disallowed_methods, reason = "simulates a slow host")]
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn run(&mut self, call: &Call<'_>) -> Outcome {
        let running = self.shared.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared
            .most_running
            .fetch_max(running, Ordering::SeqCst);
        let result = self.act(call);
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
        self.calls += 1;
        Outcome {
            result,
            logs: Vec::new(),
            cold_start: self.calls == 1,
        }
    }
}

impl Script {
    fn act(&self, call: &Call<'_>) -> Result<Json, Failure> {
        let script = call.program.get::<String>().expect("a script");
        let is_open = || self.shared.gate.load(Ordering::SeqCst);
        match script.split_once(' ').unwrap_or((script, "0")) {
            ("echo", _) => Ok(call.input.clone()),
            ("sleep", millis) => {
                let millis = millis.parse().expect("a number");
                match call.stop.wait(Duration::from_millis(millis)) {
                    Some(reason) => Err(reason.failure(call.limits.timeout)),
                    None => Ok(call.input.clone()),
                }
            }
            ("attempt", _) => Ok(Json::from(serde_json::json!(call.context.attempt))),
            ("fail", times) if call.context.attempt <= times.parse().expect("a number") => {
                Err(Failure::new(
                    FailureKind::UserError,
                    format!("failure {}", call.context.attempt),
                ))
            }
            ("fail", _) => Ok(Json::null()),
            ("wait", _) => loop {
                if let Some(reason) = call.stop.wait(Duration::from_millis(1)) {
                    return Err(reason.failure(call.limits.timeout));
                }
                if is_open() {
                    return Ok(Json::null());
                }
            },
            ("late", _) => loop {
                if let Some(reason) = call.stop.wait(Duration::from_millis(1)) {
                    return Err(reason.failure(call.limits.timeout));
                }
                if is_open() {
                    return Err(StopReason::Timeout.failure(call.limits.timeout));
                }
            },
            ("hang", _) => loop {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "simulates code that cannot be stopped"
                )]
                std::thread::sleep(Duration::from_millis(1));
                if is_open() {
                    return Ok(Json::null());
                }
            },
            _ => panic!("requested by the script"),
        }
    }
}
