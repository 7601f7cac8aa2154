//! A runtime of the host's own: functions are Rust closures, picked by name.
//!
//! The engine asks a [`Runtime`] to compile each upload and to provide an [`Instance`] for each call.
//! Here "source code" is the name of a closure that the host has registered, so nothing that a user
//! uploads is ever run. Closures may block, so each call has a thread of
//! [`tokio::task::spawn_blocking`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Failure, FailureKind, FunctionId, Json, Source};
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats, StopSignal};

/// Takes the input and the signal to stop; an error that it returns is the function's failure.
type Closure = Arc<dyn Fn(&Json, &StopSignal) -> Result<Json, String> + Send + Sync>;

/// The closures that functions can be made of.
#[derive(Default)]
pub(crate) struct Closures {
    by_name: HashMap<String, Closure>,
}

impl Closures {
    /// Adds `closure` under `name`.
    pub(crate) fn with(
        mut self,
        name: &str,
        closure: impl Fn(&Json, &StopSignal) -> Result<Json, String> + Send + Sync + 'static,
    ) -> Self {
        self.by_name.insert(name.to_owned(), Arc::new(closure));
        self
    }
}

#[async_trait]
impl Runtime for Closures {
    fn describe(&self) -> String {
        "registered closures, in the host".to_owned()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        let name = source.code.trim();
        let closure = self.by_name.get(name).ok_or_else(|| CompileError {
            message: format!("there is no closure {name:?}"),
            line: Some(1),
            column: Some(1),
            temporary: false,
        })?;
        // The program can be anything; only this runtime will read it again.
        Ok(Program::new(closure.clone()))
    }

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Caller))
    }

    fn forget(&self, _function: FunctionId) {
        // Nothing is kept warm.
    }

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

/// Calls the closure that it is given.
struct Caller;

#[async_trait]
impl Instance for Caller {
    async fn run(self: Box<Self>, call: Call) -> Outcome {
        let (input, stop) = (call.input.clone(), call.stop.clone());
        let returned = match call.program.get::<Closure>().cloned() {
            Some(closure) => tokio::task::spawn_blocking(move || closure(&input, &stop))
                .await
                .unwrap_or_else(|_| Err("the closure panicked".to_owned())),
            None => Err("compiled by another runtime".to_owned()),
        };
        // A call that was stopped failed for that reason, whatever the closure returned.
        let result = match (returned, call.stop.reason()) {
            (_, Some(reason)) => Err(reason.failure(call.limits.timeout)),
            (Ok(output), None) if output.len() > call.limits.output => Err(Failure::new(
                FailureKind::UserError,
                format!("output is larger than {} bytes", call.limits.output),
            )),
            (Ok(output), None) => Ok(output),
            (Err(message), None) => Err(Failure::new(FailureKind::UserError, message)),
        };
        Outcome {
            result,
            logs: Vec::new(),
            cold_start: false,
            cpu_time: Duration::ZERO,
        }
    }
}
