//! The runtime as the engine sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use super::call_state::CallState;
use super::compile::{Compiled, Compiler};
use super::isolate::{Isolate, STACK_SIZE};
use super::running::Ended;
use super::steward::Steward;
use super::warm::{Home, Lease, Warm};
use crate::clock::{Clock, SystemClock};
use crate::model::{Failure, FailureKind, FunctionId, InstanceId};
use crate::runtime::{
    Call, CompileError, Instance, Outcome, Program, Runtime, RuntimeError, RuntimeStats,
};

/// How a [`QuickJs`] is set up. `Default` suits a server of some gigabytes.
#[derive(Debug, Clone)]
pub struct QuickJsOptions {
    /// Blank isolates kept ready for cold starts, some 170 KiB each. Default: 16.
    pub blank_isolates: usize,
    /// Isolates kept warm at most, over all functions. Default: 1000.
    pub warm_isolates: usize,
    /// Bytes of heap that these may hold together. Default: 512 MiB.
    pub warm_bytes: usize,
    /// How long one text may take to compile. Default: 5 s.
    pub compile_timeout: Duration,
    /// Texts that are compiled at the same time. Default: the number of processors.
    pub compile_concurrency: usize,
    /// Where deadlines, timers and log lines get their time from. Default: the system.
    pub clock: Arc<dyn Clock>,
}

impl Default for QuickJsOptions {
    fn default() -> Self {
        Self {
            blank_isolates: 16,
            warm_isolates: 1000,
            warm_bytes: 512 << 20,
            compile_timeout: Duration::from_secs(5),
            compile_concurrency: available_parallelism().map_or(2, usize::from),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

/// Runs functions in QuickJS isolates, in the threads of their instances. Cloning shares the
/// isolates: any instance can use any of them.
///
/// ```
/// use faas_core::runtime::{QuickJs, QuickJsOptions, Runtime};
///
/// let quickjs = QuickJs::new(QuickJsOptions::default())?;
/// let error = quickjs.compile("return input.a +").unwrap_err();
/// assert_eq!(error.line, Some(1));
/// assert!(quickjs.compile("return input.a + 1").is_ok());
/// # Ok::<(), faas_core::runtime::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct QuickJs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    compiler: Compiler,
    warm: Warm,
    steward: Steward,
    /// How many instances were made.
    instances: AtomicU64,
}

impl QuickJs {
    /// Starts the runtime and the thread that keeps its blank isolates ready.
    ///
    /// # Errors
    /// When that thread cannot be started.
    pub fn new(options: QuickJsOptions) -> Result<Self, RuntimeError> {
        let steward =
            Steward::start(options.blank_isolates).map_err(|error| RuntimeError(error.into()))?;
        Ok(Self(Arc::new(Shared {
            clock: options.clock,
            compiler: Compiler::new(options.compile_concurrency, options.compile_timeout),
            warm: Warm::new(options.warm_isolates, options.warm_bytes),
            steward,
            instances: AtomicU64::new(0),
        })))
    }
}

impl Runtime for QuickJs {
    fn describe(&self) -> String {
        "quickjs, isolates in threads".into()
    }

    fn compile(&self, source: &str) -> Result<Program, CompileError> {
        self.0.compiler.compile(source).map(Program::new)
    }

    fn instance(&self, _id: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(QuickJsInstance {
            home: Home(self.0.instances.fetch_add(1, Ordering::Relaxed)),
            shared: self.0.clone(),
            at_hand: None,
        }))
    }

    fn forget(&self, function: FunctionId) {
        self.0.steward.bury(self.0.warm.forget(function));
    }

    fn stats(&self) -> RuntimeStats {
        let (warm_isolates, warm_bytes) = self.0.warm.size();
        RuntimeStats {
            warm_isolates,
            warm_bytes,
            blank_isolates: self.0.steward.ready(),
        }
    }

    fn stack_size(&self) -> usize {
        STACK_SIZE
    }
}

/// A slot: what it runs in comes from the shared isolates. While it has work, it keeps the isolate
/// of its last call at hand, which spares a busy function the way through the pool.
struct QuickJsInstance {
    shared: Arc<Shared>,
    home: Home,
    at_hand: Option<(Lease, Isolate)>,
}

impl QuickJsInstance {
    /// The isolate at hand if it can serve `function`, else one from the pool if there is one.
    fn check_out(&mut self, function: (FunctionId, u32)) -> (Lease, Option<Isolate>) {
        match self.at_hand.take() {
            Some((lease, isolate)) if self.shared.warm.may_go_on(&lease, function) => {
                (lease, Some(isolate))
            }
            other => {
                self.at_hand = other;
                self.idle();
                self.shared
                    .warm
                    .check_out(function.0, function.1, self.home)
            }
        }
    }
}

impl Instance for QuickJsInstance {
    fn run(&mut self, call: &Call<'_>) -> Outcome {
        let Some(program) = call.program.get::<Compiled>() else {
            return platform("the program was compiled by another runtime");
        };
        let (lease, warm) = self.check_out(call.function);
        let shared = &self.shared;
        let cold_start = warm.is_none();
        let isolate = match warm {
            Some(isolate) => Ok(isolate),
            None => shared.steward.blank(),
        };
        let Ok(mut isolate) = isolate else {
            shared.warm.check_in(lease, None);
            return platform("no isolate can be made: memory is out");
        };
        let state = CallState::start(call, &shared.clock);
        let Ended { result, reusable } = isolate.run(call, &state, cold_start.then_some(program));
        let logs = state.console.lock().take(|| shared.clock.now());
        if reusable {
            self.at_hand = Some((lease, isolate));
        } else {
            let evicted = shared.warm.check_in(lease, None);
            shared.steward.bury(evicted.into_iter().chain([isolate]));
        }
        Outcome {
            result,
            logs,
            cold_start,
        }
    }

    fn idle(&mut self) {
        if let Some((lease, isolate)) = self.at_hand.take() {
            let evicted = self.shared.warm.check_in(lease, Some(isolate));
            self.shared.steward.bury(evicted);
        }
    }
}

impl Drop for QuickJsInstance {
    fn drop(&mut self) {
        self.idle();
    }
}

fn platform(message: &str) -> Outcome {
    Outcome {
        result: Err(Failure::new(FailureKind::Platform, message)),
        logs: Vec::new(),
        cold_start: false,
    }
}
