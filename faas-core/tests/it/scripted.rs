//! A runtime whose functions are one-line scripts with known behaviour and duration.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, Json, Source};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats, StopReason};
use tokio::sync::watch;

/// `echo` returns its input, `attempt` returns the number of its attempt, `fail N` throws on the
/// first N attempts, `step` returns its input when the time is advanced, `wait` returns when the gate is opened or the call is stopped, `suspend` does
/// the same, gives its instance back meanwhile, and returns for how many milliseconds it waited for
/// another, `late` reports its timeout when the gate is opened, `hang` ignores the stop signal and
/// the end of its future, `panic` panics.
#[derive(Clone)]
pub(crate) struct Scripted {
    gate: watch::Sender<bool>,
    /// Whether the host lacks resources for isolates; `acquire` then waits.
    pub(crate) is_full: watch::Sender<bool>,
    /// What `suspend` waits for, besides the gate.
    pub(crate) may_resume: watch::Sender<bool>,
    /// How often the test has advanced the time.
    pub(crate) steps: watch::Sender<u64>,
    pub(crate) running: Arc<AtomicUsize>,
    pub(crate) most_running: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            gate: watch::Sender::new(false),
            is_full: watch::Sender::new(false),
            may_resume: watch::Sender::new(false),
            steps: watch::Sender::new(0),
            running: Arc::default(),
            most_running: Arc::default(),
            calls: Arc::default(),
        }
    }
}

impl Scripted {
    pub(crate) fn open(&self) {
        self.gate.send_replace(true);
    }

    pub(crate) fn shut(&self) {
        self.gate.send_replace(false);
    }
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
                message: "bad script (line 1, column 1)".into(),
                line: Some(1),
                column: Some(1),
                temporary: false,
            });
        }
        Ok(Program::new(source.to_owned()))
    }

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        until(&self.is_full, false).await;
        Ok(Box::new(Script(self.clone())))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

/// Waits until the switch has this value.
async fn until(switch: &watch::Sender<bool>, value: bool) {
    let mut switch = switch.subscribe();
    // The sender is alive: this test holds it.
    let _ = switch.wait_for(|now| *now == value).await;
}

struct Script(Scripted);

#[async_trait]
impl Instance for Script {
    async fn run(self: Box<Self>, call: Call) -> Outcome {
        let counted = Counted::new(&self.0);
        let result = self.act(call).await;
        drop(counted);
        Outcome {
            result,
            logs: Vec::new(),
            cold_start: self.0.calls.fetch_add(1, Ordering::SeqCst) == 0,
            cpu_time: Duration::ZERO,
        }
    }
}

/// Counts a call while it lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(runtime: &Scripted) -> Self {
        let running = runtime.running.fetch_add(1, Ordering::SeqCst) + 1;
        runtime.most_running.fetch_max(running, Ordering::SeqCst);
        Self(runtime.running.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Script {
    async fn act(&self, call: Call) -> Result<Json, Failure> {
        let script = call.program.get::<String>().expect("a script");
        let gate = &self.0.gate;
        let stopped = || async { call.stop.stopped().await.failure(call.limits.timeout) };
        match script.split_once(' ').unwrap_or((script, "0")) {
            ("echo", _) => Ok(call.input.clone()),
            ("step", _) => {
                let mut steps = self.0.steps.subscribe();
                tokio::select! {
                    failure = stopped() => Err(failure),
                    _ = steps.changed() => Ok(call.input.clone()),
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
            ("wait", _) => tokio::select! {
                failure = stopped() => Err(failure),
                () = until(gate, true) => Ok(Json::null()),
            },
            ("suspend", _) => {
                call.host.wait();
                tokio::select! {
                    failure = stopped() => return Err(failure),
                    () = until(gate, true) => {}
                    () = until(&self.0.may_resume, true) => {}
                }
                tokio::select! {
                    failure = stopped() => Err(failure),
                    waited = call.host.resume() => {
                        Ok(Json::from(serde_json::json!(waited.as_millis())))
                    }
                }
            }
            ("late", _) => tokio::select! {
                failure = stopped() => Err(failure),
                () = until(gate, true) => Err(StopReason::Timeout.failure(call.limits.timeout)),
            },
            ("hang", _) => {
                let (gate, host) = (gate.clone(), call.host.clone());
                let ended = tokio::spawn(async move {
                    until(&gate, true).await;
                    drop(host);
                });
                drop(call);
                let _ = ended.await;
                Ok(Json::null())
            }
            _ => panic!("requested by the script"),
        }
    }
}
