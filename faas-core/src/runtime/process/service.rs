//! The runtime that the engine uses.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use async_trait::async_trait;
use rustix::process::{Resource, getrlimit};

use super::compile;
use super::remote::RemoteIsolate;
use super::worker_host::{FirstOrder, WorkerCommand, WorkerHost};
use crate::clock::{Clock, SystemClock};
use crate::error::{CompileError, RuntimeError};
use crate::model::{FunctionId, Source};
use crate::runtime::pool::{Bounds, Maker, Pool};
use crate::runtime::quickjs::{Lanes, cannot_now};
use crate::runtime::{Instance, ModulesError, PresetModule, Program, Runtime, RuntimeStats};

/// The settings of [`Processes`]. The defaults suit a server with several gigabytes of memory.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProcessesOptions {
    /// How to start the worker. Default: this program, whose `main` must then begin with
    /// [`super::worker::run_if_asked`].
    pub worker: WorkerCommand,
    /// The number of blank children kept ready for cold starts, about 40 KiB each. Default: 8.
    pub blank_children: usize,
    /// The maximum number of warm children, over all functions. Each needs five descriptors of the
    /// host; together they use at most half of the descriptor limit. Default: 1000.
    pub warm_children: usize,
    /// The maximum memory of the warm children together, in bytes. Default: 512 MiB.
    pub warm_bytes: usize,
    /// How long an idle child is kept. Default: 10 minutes.
    pub warm_idle: Duration,
    /// The maximum compile time of one upload. Default: 5 s.
    pub compile_timeout: Duration,
    /// The number of short uploads that compile at the same time, besides as many long ones.
    /// Default: the number of processors.
    pub compile_concurrency: usize,
    /// Whether to continue if the kernel has nothing to sandbox children with. Default: no.
    pub allow_unlocked: bool,
    /// Whether code may make code from text, with `eval` and `new Function`. Packages that compile
    /// templates or schemas need it, and the sandbox does not rely on its absence. Default: yes.
    pub allow_eval: bool,
    /// The clock for deadlines. Default: the system's.
    pub clock: Arc<dyn Clock>,
}

impl Default for ProcessesOptions {
    fn default() -> Self {
        Self {
            worker: WorkerCommand::default(),
            blank_children: 8,
            warm_children: 1000,
            warm_bytes: 512 << 20,
            warm_idle: Duration::from_secs(600),
            compile_timeout: Duration::from_secs(5),
            compile_concurrency: available_parallelism().map_or(2, usize::from),
            allow_unlocked: false,
            allow_eval: true,
            clock: Arc::new(SystemClock::new()),
        }
    }
}

/// Runs functions in QuickJS isolates, each in its own sandboxed process. Clones share the
/// processes. Calls need a tokio runtime with I/O and time enabled; a warm process can serve several
/// runtimes, one after the other.
#[derive(Debug, Clone)]
pub struct Processes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: Arc<Pool<ChildMaker>>,
    missing: Vec<String>,
    lanes: Lanes,
    options: ProcessesOptions,
}

/// Forks children.
#[derive(Debug)]
struct ChildMaker {
    worker_host: Arc<WorkerHost>,
    clock: Arc<dyn Clock>,
}

impl Maker for ChildMaker {
    type Isolate = RemoteIsolate;

    fn make(&self) -> io::Result<RemoteIsolate> {
        let child = self.worker_host.fork()?;
        RemoteIsolate::new(child, self.worker_host.clone(), self.clock.clone())
    }
}

impl Processes {
    /// Starts the worker, and the thread that keeps blank children ready.
    ///
    /// # Errors
    /// When the worker cannot be started, or the kernel has nothing to sandbox children with and
    /// [`ProcessesOptions::allow_unlocked`] is not set.
    pub fn new(options: ProcessesOptions) -> Result<Self, RuntimeError> {
        Self::start(options, None)
    }

    fn start(options: ProcessesOptions, modules: Option<Arc<[u8]>>) -> Result<Self, RuntimeError> {
        let failed = |error: io::Error| RuntimeError(error.into());
        let first = FirstOrder {
            optional: options.allow_unlocked,
            eval: options.allow_eval,
            modules,
        };
        let worker = options.worker.clone();
        let (worker_host, missing) = WorkerHost::open(worker, first).map_err(failed)?;
        let bounds = Bounds {
            blank: options.blank_children,
            warm: options.warm_children.min(most_children()),
            warm_bytes: options.warm_bytes,
            idle: options.warm_idle,
        };
        let maker = ChildMaker {
            worker_host: Arc::new(worker_host),
            clock: options.clock.clone(),
        };
        let pool = Pool::start(maker, bounds, options.clock.clone()).map_err(failed)?;
        Ok(Self(Arc::new(Shared {
            pool: Arc::new(pool),
            missing,
            lanes: Lanes::new(options.compile_concurrency),
            options,
        })))
    }

    /// Compiles with `compile` in a child of its own. `bytes` is the length of what it compiles.
    fn compile_in_child<T>(
        &self,
        bytes: usize,
        compile: impl FnOnce(&mut RemoteIsolate, Duration, Duration) -> Result<T, CompileError>,
    ) -> Result<T, CompileError> {
        let Shared {
            pool,
            lanes,
            options,
            ..
        } = &*self.0;
        let timeout = options.compile_timeout;
        let _turn = lanes.of(bytes).take(timeout)?;
        let mut child = pool
            .blank()
            .map_err(|error| cannot_now(&error.to_string()))?;
        let compiled = compile(&mut child, options.clock.monotonic(), timeout);
        pool.drop_later([child]);
        compiled
    }

    /// Returns the sandbox restrictions that the kernel lacks, for people. Ideally empty.
    pub fn missing_locks(&self) -> &[String] {
        &self.0.missing
    }
}

#[async_trait]
impl Runtime for Processes {
    fn describe(&self) -> String {
        "quickjs, isolates in processes".into()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        self.compile_in_child(source.bytes(), |child, started, timeout| {
            compile::compile(child, source, started, timeout)
        })
    }

    /// The new runtime has a worker of its own, which holds the modules before it forks children.
    fn with_modules(&self, modules: &[PresetModule]) -> Result<Arc<dyn Runtime>, ModulesError> {
        let modules: Vec<_> = modules
            .iter()
            .map(|module| (module.name(), module.text()))
            .collect();
        let bytes = modules.iter().map(|(_, text)| text.len()).sum();
        let compiled = self.compile_in_child(bytes, |child, started, timeout| {
            compile::compile_modules(child, &modules, started, timeout)
        })?;
        let runtime = Self::start(self.0.options.clone(), Some(compiled.into()))?;
        Ok(Arc::new(runtime))
    }

    async fn acquire(
        &self,
        function: (FunctionId, u32),
    ) -> Result<Box<dyn Instance>, RuntimeError> {
        self.0.pool.acquire(function).await
    }

    fn script(&self, source: &Source) -> Option<Program> {
        compile::script(source)
    }

    async fn acquire_fresh(&self) -> Result<Box<dyn Instance>, RuntimeError> {
        self.0.pool.acquire_fresh().await
    }

    fn forget(&self, function: FunctionId) {
        self.0.pool.forget(function);
    }

    fn stats(&self) -> RuntimeStats {
        self.0.pool.stats()
    }

    /// As many as the host has descriptors for, beside the warm ones.
    fn capacity(&self) -> Option<usize> {
        Some(most_children())
    }

    fn check(&self) -> Result<(), RuntimeError> {
        match self.0.pool.check() {
            Ok(()) => Ok(()),
            Err(error) => Err(RuntimeError(error.into())),
        }
    }
}

/// Returns how many children the host has descriptors for; half of the limit is left for everything
/// else.
fn most_children() -> usize {
    let open = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(open / 10).unwrap_or(usize::MAX)
}
