//! Runtimes, which run user code.
//!
//! This module has the two traits between the engine and the code that runs functions. A
//! [`Runtime`] compiles uploads and makes [`Instance`]s. An instance runs one [`Call`] at a time,
//! on a thread that the engine provides, and blocks that thread meanwhile. The runtime decides
//! where the code runs: on that thread, in a child process or in the host itself. The engine does
//! not know.
//!
//! A call is limited in two ways. The runtime enforces the call's limits. And the engine can stop
//! the call through its [`StopSignal`]: if it has not returned after a grace period, the engine
//! abandons its thread and starts another instance.

mod environment;
#[cfg(feature = "quickjs")]
mod pool;
#[cfg(all(feature = "quickjs", target_os = "linux"))]
mod process;
#[cfg(feature = "quickjs")]
mod quickjs;

pub use environment::OpenEnvironment;
#[cfg(all(feature = "quickjs", target_os = "linux", fuzzing))]
#[doc(hidden)]
pub use process::fuzzing;
#[cfg(all(feature = "quickjs", target_os = "linux"))]
pub use process::{Processes, ProcessesOptions, WorkerCommand, worker};
#[cfg(feature = "quickjs")]
pub use quickjs::{QuickJs, QuickJsOptions};

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

pub use crate::error::{CompileError, RuntimeError};
use crate::model::{
    ExecutionId, Failure, FailureKind, FunctionId, InstanceId, Json, LogLine, Timestamp,
};

/// Compiles code and makes instances.
///
/// A runtime whose programs are texts and whose calls return them, whatever the input is:
///
/// ```
/// use faas_core::error::{CompileError, RuntimeError};
/// use faas_core::model::{FunctionId, InstanceId, Json};
/// use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};
///
/// struct Constant;
///
/// impl Runtime for Constant {
///     fn describe(&self) -> String {
///         "constant".to_owned()
///     }
///
///     fn compile(&self, source: &str) -> Result<Program, CompileError> {
///         Ok(Program::new(Json::from(serde_json::Value::from(source))))
///     }
///
///     fn instance(&self, _: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
///         Ok(Box::new(Constant))
///     }
///
///     fn forget(&self, _: FunctionId) {}
///
///     fn stats(&self) -> RuntimeStats {
///         RuntimeStats::default()
///     }
/// }
///
/// impl Instance for Constant {
///     fn run(&mut self, call: &Call<'_>) -> Outcome {
///         Outcome {
///             result: Ok(call.program.get::<Json>().cloned().unwrap_or(Json::null())),
///             logs: Vec::new(),
///             cold_start: false,
///         }
///     }
/// }
///
/// # async fn start() -> Result<(), faas_core::Error> {
/// let platform = faas_core::Platform::builder().runtime(Constant).build().await?;
/// # Ok(())
/// # }
/// ```
///
/// A runtime whose calls take long also ends them when [`Call::stop`] says so, and keeps to
/// [`Call::limits`].
pub trait Runtime: Send + Sync + 'static {
    /// Describes the runtime and its isolation, for people: `quickjs, isolates in threads`.
    fn describe(&self) -> String;

    /// Checks and compiles an upload. Blocks; the engine calls it outside its asynchronous threads.
    ///
    /// # Errors
    /// Returns what is wrong with the code and where.
    fn compile(&self, source: &str) -> Result<Program, CompileError>;

    /// Makes an instance. The engine calls it only on the thread that will run the instance.
    ///
    /// # Errors
    /// When the host cannot provide an instance now.
    fn instance(&self, id: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError>;

    /// Evicts the warm isolates of this function, because it was changed or deleted.
    fn forget(&self, function: FunctionId);

    /// Returns the current numbers of isolates.
    fn stats(&self) -> RuntimeStats;

    /// Checks whether the runtime can make the isolate for a call, for readiness. Blocks; the
    /// engine calls it outside its asynchronous threads, at most once a second. The default always
    /// succeeds.
    ///
    /// # Errors
    /// Returns what the host cannot provide.
    fn check(&self) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// The stack size, in bytes, that an instance's thread needs.
    fn stack_size(&self) -> usize {
        2 << 20
    }
}

/// Runs one call at a time. An instance stays on one thread and need not be `Send`.
pub trait Instance {
    /// Acquires the isolate for the next call, which is of this function and version. The engine
    /// calls it before the call's time begins, so that the time needed is not billed. May block,
    /// but only for a limited time, since nothing can interrupt it. Without it, [`Self::run`]
    /// acquires the isolate.
    ///
    /// # Errors
    /// When the host cannot provide an isolate now.
    fn prepare(&mut self, _function: (FunctionId, u32)) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// Runs the function and blocks until it has returned, failed or been stopped. Errors of the
    /// user's code are values in the [`Outcome`]. A panic ends only this instance.
    fn run(&mut self, call: &Call<'_>) -> Outcome;

    /// There is no call to run: release the isolate of the last call, so that other instances can
    /// use it.
    fn idle(&mut self) {}
}

/// A compiled function. Only the runtime that compiled it can read it.
#[derive(Clone)]
pub struct Program(Arc<dyn Any + Send + Sync>);

impl Program {
    /// Wraps the compiled form.
    pub fn new(compiled: impl Any + Send + Sync) -> Self {
        Self(Arc::new(compiled))
    }

    /// Returns the compiled form; `None` when another runtime compiled it.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Program")
    }
}

/// One call of a function.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The function and its version. A warm isolate serves one such pair.
    pub function: (FunctionId, u32),
    /// The compiled code.
    pub program: &'a Program,
    /// The variables and secrets in `context.env`, the same for all calls of a version.
    pub environment: &'a OpenEnvironment,
    /// The argument.
    pub input: &'a Json,
    /// What the code can read about this call.
    pub context: &'a CallContext,
    /// The limits of this call.
    pub limits: &'a Limits,
    /// Stops the call from outside.
    pub stop: &'a StopSignal,
}

/// What user code can read about its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// The execution.
    pub execution_id: ExecutionId,
    /// The function.
    pub function_id: FunctionId,
    /// The function's name.
    pub function_name: Arc<str>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When the call will be stopped.
    pub deadline: Timestamp,
    /// The instance that runs it.
    pub instance_id: InstanceId,
}

/// The limits of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time.
    pub timeout: Duration,
    /// JavaScript heap, in bytes.
    pub memory: usize,
    /// JSON output, in bytes.
    pub output: usize,
    /// Console lines kept; further lines are counted and dropped.
    pub log_lines: usize,
    /// Console bytes kept, over all lines.
    pub log_bytes: usize,
}

/// The end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The returned value, or the failure.
    pub result: Result<Json, Failure>,
    /// The console output.
    pub logs: Vec<LogLine>,
    /// Whether the call was a cold start.
    pub cold_start: bool,
}

/// The current numbers of isolates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuntimeStats {
    /// Warm isolates.
    pub warm_isolates: usize,
    /// Memory of the warm isolates, in bytes.
    pub warm_bytes: usize,
    /// Blank isolates, ready for cold starts.
    pub blank_isolates: usize,
}

/// Why a call is stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// The timeout has passed.
    Timeout = 1,
    /// The execution was cancelled.
    Cancelled = 2,
    /// The platform shuts down.
    Shutdown = 3,
    /// Another platform has taken over the execution.
    TakenOver = 4,
}

impl StopReason {
    /// Returns the reason with this number; 0 means no reason.
    pub(crate) const fn numbered(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Timeout),
            2 => Some(Self::Cancelled),
            3 => Some(Self::Shutdown),
            4 => Some(Self::TakenOver),
            _ => None,
        }
    }

    /// Returns the failure of a call that was stopped for this reason.
    pub fn failure(self, timeout: Duration) -> Failure {
        match self {
            Self::Timeout => Failure::new(
                FailureKind::Timeout,
                format!("timed out after {} ms", timeout.as_millis()),
            ),
            Self::Cancelled => Failure::new(FailureKind::Cancelled, "cancelled"),
            Self::Shutdown => {
                Failure::new(FailureKind::Platform, "interrupted: the platform shut down")
            }
            Self::TakenOver => Failure::new(
                FailureKind::Platform,
                "interrupted: another platform took over the execution",
            ),
        }
    }
}

/// Stops a running call. Only the first reason counts.
#[derive(Default)]
pub struct StopSignal {
    reason: AtomicU8,
    waiting: Mutex<Waiting>,
    stopped: Condvar,
}

#[derive(Default)]
struct Waiting {
    on_stop: Option<Box<dyn FnOnce(StopReason) + Send>>,
}

impl StopSignal {
    /// Stops the call.
    pub fn stop(&self, reason: StopReason) {
        let mut waiting = self.waiting.lock();
        if self
            .reason
            .compare_exchange(0, reason as u8, Ordering::Release, Ordering::Relaxed)
            .is_err()
        {
            return;
        }
        self.stopped.notify_all();
        if let Some(on_stop) = waiting.on_stop.take() {
            on_stop(reason);
        }
    }

    /// Returns why the call must stop; `None` if it may continue. Costs one load.
    pub fn reason(&self) -> Option<StopReason> {
        StopReason::numbered(self.reason.load(Ordering::Acquire))
    }

    /// Waits for `timeout`, or until the call is stopped.
    pub fn wait(&self, timeout: Duration) -> Option<StopReason> {
        let mut waiting = self.waiting.lock();
        if self.reason().is_none() {
            self.stopped.wait_for(&mut waiting, timeout);
        }
        self.reason()
    }

    /// Runs `action` when the call is stopped; at once if it has been stopped already. For runtimes
    /// that kill the code in another process.
    pub fn on_stop(&self, action: impl FnOnce(StopReason) + Send + 'static) {
        let mut waiting = self.waiting.lock();
        match self.reason() {
            Some(reason) => action(reason),
            None => waiting.on_stop = Some(Box::new(action)),
        }
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSignal")
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}
