//! Where user code runs.
//!
//! Owns the two traits between the engine and whatever runs code. A [`Runtime`] compiles uploads
//! and makes [`Instance`]s; an instance runs one [`Call`] at a time on a thread that the engine
//! gives it, and blocks that thread meanwhile. Whether the code runs in that thread, in a child
//! process or in the host itself is the runtime's business: the engine cannot tell.
//!
//! A call is limited in two ways. The runtime keeps the limits that come with it. And the engine
//! can stop it from outside through its [`StopSignal`]; if it does not come back within a grace
//! after that, the engine gives its thread up and starts another instance.

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
    /// What runs the code and how it is kept apart, for people: `quickjs, isolates in threads`.
    fn describe(&self) -> String;

    /// Checks and compiles an upload. Blocks; the engine calls it off its asynchronous threads.
    ///
    /// # Errors
    /// Says what is wrong with the code and where.
    fn compile(&self, source: &str) -> Result<Program, CompileError>;

    /// Makes an instance. Called on the thread that will run it and nowhere else.
    ///
    /// # Errors
    /// When the host cannot provide one now.
    fn instance(&self, id: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError>;

    /// Lets go of what is kept warm for this function: it was changed or deleted.
    fn forget(&self, function: FunctionId);

    /// What it holds at the moment.
    fn stats(&self) -> RuntimeStats;

    /// Whether it could make what a call runs in, for readiness. Blocks; the engine calls it off its
    /// asynchronous threads, once a second at most. Default: yes.
    ///
    /// # Errors
    /// Says what the host cannot provide.
    fn check(&self) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// The stack, in bytes, that the thread of an instance must have.
    fn stack_size(&self) -> usize {
        2 << 20
    }
}

/// Runs one call at a time. It lives on one thread and need not be `Send`.
pub trait Instance {
    /// Gets at hand what the next call will run in: one of this version of this function. The
    /// engine has it done before the call's time begins, so that nobody pays for a host that is slow
    /// to provide it. Blocks, but not for ever: nobody watches it. [`Self::run`] does it by itself where it was not done.
    ///
    /// # Errors
    /// When the host cannot provide it now.
    fn prepare(&mut self, _function: (FunctionId, u32)) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// Runs the function and blocks until it has returned, failed or been stopped. What the user's
    /// code does wrong is a value in the [`Outcome`]; a panic costs only this instance.
    fn run(&mut self, call: &Call<'_>) -> Outcome;

    /// There is nothing to run at the moment: whatever is kept at hand for the next call is better
    /// shared with the other instances.
    fn idle(&mut self) {}
}

/// A compiled function, in a form that only the runtime that made it can read.
#[derive(Clone)]
pub struct Program(Arc<dyn Any + Send + Sync>);

impl Program {
    /// Wraps the compiled form.
    pub fn new(compiled: impl Any + Send + Sync) -> Self {
        Self(Arc::new(compiled))
    }

    /// The compiled form; `None` when another runtime made it.
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
    /// The function and its version: what a warm isolate is kept for.
    pub function: (FunctionId, u32),
    /// The compiled code.
    pub program: &'a Program,
    /// What the code can read in `context.env`: the same for all calls of one version.
    pub environment: &'a OpenEnvironment,
    /// The argument.
    pub input: &'a Json,
    /// What the code can read about this call.
    pub context: &'a CallContext,
    /// What it may use.
    pub limits: &'a Limits,
    /// How it is stopped from outside.
    pub stop: &'a StopSignal,
}

/// What user code can read about its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// The execution.
    pub execution_id: ExecutionId,
    /// The function.
    pub function_id: FunctionId,
    /// Its name.
    pub function_name: Arc<str>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When it will be stopped.
    pub deadline: Timestamp,
    /// Where it runs.
    pub instance_id: InstanceId,
}

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time.
    pub timeout: Duration,
    /// JavaScript heap, in bytes.
    pub memory: usize,
    /// JSON output, in bytes.
    pub output: usize,
    /// Console lines kept; the rest are counted and dropped.
    pub log_lines: usize,
    /// Console bytes kept over all lines.
    pub log_bytes: usize,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it returned, or why it did not.
    pub result: Result<Json, Failure>,
    /// What it wrote to its console.
    pub logs: Vec<LogLine>,
    /// Whether an isolate had to be made for it.
    pub cold_start: bool,
}

/// What a runtime holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuntimeStats {
    /// Isolates kept warm for a function.
    pub warm_isolates: usize,
    /// Bytes of heap that these hold.
    pub warm_bytes: usize,
    /// Blank isolates that wait for a cold start.
    pub blank_isolates: usize,
}

/// Why a call is stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// Its time is up.
    Timeout = 1,
    /// Somebody cancelled it.
    Cancelled = 2,
    /// The platform shuts down.
    Shutdown = 3,
    /// Another platform has taken the execution over.
    TakenOver = 4,
}

impl StopReason {
    /// The reason with this number; `None` for 0, which stands for none.
    pub(crate) const fn numbered(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Timeout),
            2 => Some(Self::Cancelled),
            3 => Some(Self::Shutdown),
            4 => Some(Self::TakenOver),
            _ => None,
        }
    }

    /// The failure that a call stopped for this reason ends with.
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
                "interrupted: another platform took it over",
            ),
        }
    }
}

/// Tells a running call to stop. The first reason given stays.
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

    /// Why the call is to stop; `None`: it may go on. Costs one load.
    pub fn reason(&self) -> Option<StopReason> {
        StopReason::numbered(self.reason.load(Ordering::Acquire))
    }

    /// Waits for `timeout`, or less if the call is stopped meanwhile.
    pub fn wait(&self, timeout: Duration) -> Option<StopReason> {
        let mut waiting = self.waiting.lock();
        if self.reason().is_none() {
            self.stopped.wait_for(&mut waiting, timeout);
        }
        self.reason()
    }

    /// Runs `action` when the call is stopped, at once if it has been: for a runtime whose code
    /// runs elsewhere, and is killed there.
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
