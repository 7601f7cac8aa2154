//! The runtime that the engine uses.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;

use super::compile::Compiler;
use super::isolate::Isolate;
use super::on_thread::OnThread;
use super::presets::Presets;
use super::script::{Loadable, Script};
use super::threads::Threads;
use crate::clock::{Clock, SystemClock};
use crate::error::CompileError;
use crate::model::{FunctionId, Source};
use crate::runtime::pool::{Bounds, Maker, Pool};
use crate::runtime::{
    Instance, ModulesError, PresetModule, Program, Runtime, RuntimeError, RuntimeStats,
};

/// The settings of [`QuickJs`]. The defaults suit a server with several gigabytes of memory.
#[derive(Debug, Clone)]
pub struct QuickJsOptions {
    /// The maximum number of threads that run code. A call that waits needs none; a call that ignores
    /// its deadline keeps its thread until it ends. While all threads are busy, further code waits
    /// for one, and its time goes on. Threads are started when they are needed and end after 10 s
    /// without work. Default: 256.
    pub threads: usize,
    /// The number of blank isolates kept ready for cold starts, about 170 KiB each. Default: 16.
    pub blank_isolates: usize,
    /// The maximum number of warm isolates, over all functions. Default: 1000.
    pub warm_isolates: usize,
    /// The maximum heap of the warm isolates together, in bytes. Default: 512 MiB.
    pub warm_bytes: usize,
    /// How long an idle isolate is kept. Default: 10 minutes.
    pub warm_idle: Duration,
    /// The maximum compile time of one upload. Default: 5 s.
    pub compile_timeout: Duration,
    /// The number of short uploads that compile at the same time, besides as many long ones.
    /// Default: the number of processors.
    pub compile_concurrency: usize,
    /// The clock for deadlines, timers and log lines. Default: the system's.
    pub clock: Arc<dyn Clock>,
}

impl Default for QuickJsOptions {
    fn default() -> Self {
        Self {
            threads: 256,
            blank_isolates: 16,
            warm_isolates: 1000,
            warm_bytes: 512 << 20,
            warm_idle: Duration::from_secs(600),
            compile_timeout: Duration::from_secs(5),
            compile_concurrency: available_parallelism().map_or(2, usize::from),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

/// Runs functions in QuickJS isolates, on threads of the host. Clones share the isolates and the
/// threads.
///
/// ```
/// use faas_core::runtime::{QuickJs, QuickJsOptions, Runtime};
///
/// let quickjs = QuickJs::new(QuickJsOptions::default())?;
/// let error = quickjs.compile(&"return input.a +".into()).unwrap_err();
/// assert_eq!(error.line, Some(1));
/// assert!(quickjs.compile(&"return input.a + 1".into()).is_ok());
/// # Ok::<(), faas_core::error::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct QuickJs {
    compiler: Arc<Compiler>,
    pool: Arc<Pool<Blanks>>,
    threads: Arc<Threads>,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
}

/// Makes isolates in this process.
#[derive(Debug)]
struct Blanks {
    clock: Arc<dyn Clock>,
    threads: Arc<Threads>,
    /// `None` if the host has no modules.
    presets: Option<Arc<Presets>>,
}

impl Maker for Blanks {
    type Isolate = OnThread<Isolate>;

    fn make(&self) -> io::Result<OnThread<Isolate>> {
        match Isolate::blank(self.clock.clone()) {
            Ok(isolate) => {
                if let Some(presets) = &self.presets {
                    isolate.preset(presets.clone());
                }
                Ok(OnThread::new(isolate, self.threads.clone()))
            }
            Err(_) => Err(io::ErrorKind::OutOfMemory.into()),
        }
    }
}

impl QuickJs {
    /// Starts the thread that keeps blank isolates ready.
    ///
    /// # Errors
    /// When that thread cannot be started.
    pub fn new(options: QuickJsOptions) -> Result<Self, RuntimeError> {
        let bounds = Bounds {
            blank: options.blank_isolates,
            warm: options.warm_isolates,
            warm_bytes: options.warm_bytes,
            idle: options.warm_idle,
        };
        let compiler = Compiler::new(options.compile_concurrency, options.compile_timeout);
        let threads = Threads::new(options.threads).map_err(|error| RuntimeError(error.into()))?;
        Self::start(compiler, Arc::new(threads), bounds, options.clock, None)
    }

    fn start(
        compiler: Compiler,
        threads: Arc<Threads>,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
        presets: Option<Arc<Presets>>,
    ) -> Result<Self, RuntimeError> {
        let maker = Blanks {
            clock: clock.clone(),
            threads: threads.clone(),
            presets,
        };
        let pool = Pool::start(maker, bounds, clock.clone())
            .map_err(|error| RuntimeError(error.into()))?;
        Ok(Self {
            compiler: Arc::new(compiler),
            pool: Arc::new(pool),
            threads,
            bounds,
            clock,
        })
    }
}

#[async_trait]
impl Runtime for QuickJs {
    fn describe(&self) -> String {
        "quickjs, isolates in threads".into()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        let compiled = self.compiler.compile(source)?;
        let handler = compiled.handler.as_str();
        Ok(Program::new(Loadable::Function(compiled)).with_handler(handler))
    }

    /// The new runtime has isolates of its own and uses the same threads.
    fn with_modules(&self, modules: &[PresetModule]) -> Result<Arc<dyn Runtime>, ModulesError> {
        let modules = modules
            .iter()
            .map(|module| (module.name().to_owned(), module.text().to_owned()));
        let presets = Arc::new(self.compiler.compile_presets(modules.collect())?);
        let compiler = self.compiler.with_presets(presets.names.clone());
        let (threads, clock) = (self.threads.clone(), self.clock.clone());
        let runtime = Self::start(compiler, threads, self.bounds, clock, Some(presets))?;
        Ok(Arc::new(runtime))
    }

    async fn acquire(
        &self,
        function: (FunctionId, u32),
    ) -> Result<Box<dyn Instance>, RuntimeError> {
        self.pool.acquire(function).await
    }

    fn script(&self, source: &Source) -> Option<Program> {
        let script = Script::new(self.compiler.clone(), source.clone());
        Some(Program::new(Loadable::Script(script)))
    }

    async fn acquire_fresh(&self) -> Result<Box<dyn Instance>, RuntimeError> {
        self.pool.acquire_fresh().await
    }

    /// An attempt runs on the thread that runs its code: so a short call needs no other thread.
    fn spawn(&self, handle: &Handle, attempt: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.threads.spawn(handle.clone(), attempt);
    }

    fn forget(&self, function: FunctionId) {
        self.pool.forget(function);
    }

    fn stats(&self) -> RuntimeStats {
        self.pool.stats()
    }
}
