//! Runtimes, which run user code.
//!
//! This module has the two traits between the engine and the code that runs functions. A
//! [`Runtime`] compiles uploads and acquires [`Instance`]s; an instance runs one [`Call`]. Both are
//! asynchronous: a call that runs or waits blocks no thread of your tokio runtime. The function
//! runtime decides where the code runs: on threads of its own, in a child process or in the host
//! itself. The engine does not know.
//!
//! A call is limited in two ways. The runtime enforces the call's limits. And the engine can stop
//! the call through its [`StopSignal`]: if it has not returned after a grace period, the engine
//! drops its future and gives its instance to another.
//!
//! Code that waits for a timer or for its host gives its instance back: see [`CallHost`].

mod call;
#[cfg(feature = "quickjs")]
mod cpu;
mod environment;
mod host;
#[cfg(feature = "quickjs")]
mod pool;
mod preset;
#[cfg(feature = "quickjs")]
mod priority;
#[cfg(all(feature = "quickjs", target_os = "linux"))]
mod process;
#[cfg(feature = "quickjs")]
mod quickjs;
#[cfg(feature = "quickjs")]
mod step;
mod stop;

pub use call::{Call, CallContext, Limits, Outcome};
pub use environment::OpenEnvironment;
pub use host::{BindingNames, CallHost, HostAnswer, HostError, HostRequest, Payload, StreamAction};
pub(crate) use host::{EXCHANGE, NETWORK};
pub use preset::{ModuleSource, ModulesError, PresetModule};
#[cfg(all(feature = "quickjs", target_os = "linux", fuzzing))]
#[doc(hidden)]
pub use process::fuzzing;
#[cfg(all(feature = "quickjs", target_os = "linux"))]
pub use process::{Processes, ProcessesOptions, WorkerCommand, worker};
#[cfg(feature = "quickjs")]
pub use quickjs::{QuickJs, QuickJsOptions};
pub use stop::{StopReason, StopSignal};

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Handle;

pub use crate::error::{CompileError, RuntimeError};
use crate::model::{FunctionId, Source};

/// Compiles code and acquires instances.
///
/// A runtime whose programs are texts and whose calls return them, whatever the input is:
///
/// ```
/// use std::time::Duration;
///
/// use async_trait::async_trait;
/// use faas_core::error::{CompileError, RuntimeError};
/// use faas_core::model::{FunctionId, Json, Source};
/// use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};
///
/// struct Constant;
///
/// #[async_trait]
/// impl Runtime for Constant {
///     fn describe(&self) -> String {
///         "constant".to_owned()
///     }
///
///     fn compile(&self, source: &Source) -> Result<Program, CompileError> {
///         Ok(Program::new(Json::from(serde_json::Value::from(&*source.code))))
///     }
///
///     async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
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
/// #[async_trait]
/// impl Instance for Constant {
///     async fn run(self: Box<Self>, call: Call) -> Outcome {
///         Outcome {
///             result: Ok(call.program.get::<Json>().cloned().unwrap_or(Json::null())),
///             logs: Vec::new(),
///             cold_start: false,
///             cpu_time: Duration::ZERO,
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
/// [`Call::limits`]. One that blocks does so on a thread of its own, such as one of
/// `tokio::task::spawn_blocking`.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Describes the runtime and its isolation, for people: `quickjs, isolates in threads`.
    fn describe(&self) -> String;

    /// Checks and compiles an upload. Blocks; the engine calls it outside its asynchronous threads.
    ///
    /// # Errors
    /// Returns what is wrong with the code and where.
    fn compile(&self, source: &Source) -> Result<Program, CompileError>;

    /// Returns a runtime like this one whose functions can also import `modules`. It need not share
    /// isolates or processes with this one. Blocks; the platform calls it once, while it is built,
    /// and only if the host has added modules. The default refuses.
    ///
    /// # Errors
    /// When a module cannot be compiled, or the runtime supports no preset modules.
    fn with_modules(&self, modules: &[PresetModule]) -> Result<Arc<dyn Runtime>, ModulesError> {
        let names: Vec<_> = modules.iter().map(PresetModule::name).collect();
        Err(ModulesError::Unsupported(format!(
            "{} cannot import {}",
            self.describe(),
            names.join(", ")
        )))
    }

    /// Acquires an instance for one call of this function and version. The engine calls it before
    /// the call's time begins, so that the time needed is not billed.
    ///
    /// # Errors
    /// When the host cannot provide an instance now.
    async fn acquire(&self, function: (FunctionId, u32))
    -> Result<Box<dyn Instance>, RuntimeError>;

    /// Wraps code that runs once: the instance that runs it compiles it. The default returns `None`:
    /// the runtime runs functions only.
    fn script(&self, source: &Source) -> Option<Program> {
        let _ = source;
        None
    }

    /// Acquires an instance that has run no code, for a program of [`Self::script`].
    ///
    /// # Errors
    /// When the host cannot provide an instance now, or the runtime runs functions only.
    async fn acquire_fresh(&self) -> Result<Box<dyn Instance>, RuntimeError> {
        let text = format!("{} runs functions only", self.describe());
        Err(RuntimeError(text.into()))
    }

    /// Runs an attempt: a future that acquires an instance, runs its call and hands on the result.
    /// `handle` is the engine's tokio runtime. The default runs it there. A runtime with threads of
    /// its own can poll it on these, and may then block in [`Instance::run`].
    fn spawn(&self, handle: &Handle, attempt: Pin<Box<dyn Future<Output = ()> + Send>>) {
        handle.spawn(attempt);
    }

    /// Evicts the warm isolates of this function, because it was changed or deleted.
    fn forget(&self, function: FunctionId);

    /// Returns the current numbers of isolates.
    fn stats(&self) -> RuntimeStats;

    /// Returns how many instances the runtime can provide at a time, if that is known. The engine
    /// lets at most so many executions run or wait. The default knows no bound.
    fn capacity(&self) -> Option<usize> {
        None
    }

    /// Checks whether the runtime can make the isolate for a call, for readiness. Blocks; the
    /// engine calls it outside its asynchronous threads, at most once a second. The default always
    /// succeeds.
    ///
    /// # Errors
    /// Returns what the host cannot provide.
    fn check(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
}

/// Runs one call: an isolate that was acquired for it, for example. Dropping an instance gives its
/// isolate back.
#[async_trait]
pub trait Instance: Send {
    /// Runs the function until it has returned, failed or been stopped. Errors of the user's code
    /// are values in the [`Outcome`]. Dropping the future stops the code as soon as the runtime can.
    async fn run(self: Box<Self>, call: Call) -> Outcome;

    /// Runs a call whose program is of [`Runtime::script`], and keeps the isolate with its globals for
    /// the next one. Returns no instance if the isolate is lost. The default keeps nothing.
    async fn run_and_keep(self: Box<Self>, call: Call) -> (Outcome, Option<Box<dyn Instance>>) {
        (self.run(call).await, None)
    }
}

/// A compiled function. Only the runtime that compiled it can read it.
#[derive(Clone)]
pub struct Program {
    compiled: Arc<dyn Any + Send + Sync>,
    handler: Option<Arc<str>>,
}

impl Program {
    /// Wraps the compiled form.
    pub fn new(compiled: impl Any + Send + Sync) -> Self {
        Self {
            compiled: Arc::new(compiled),
            handler: None,
        }
    }

    /// Says how the runtime calls the code, for people: `workers.fetch`, for example.
    #[must_use]
    pub fn with_handler(mut self, handler: &str) -> Self {
        self.handler = Some(handler.into());
        self
    }

    /// Returns what [`Program::with_handler`] said.
    pub const fn handler(&self) -> Option<&Arc<str>> {
        self.handler.as_ref()
    }

    /// Returns the compiled form; `None` when another runtime compiled it.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.compiled.downcast_ref()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Program")
    }
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
