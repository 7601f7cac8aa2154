//! The runtime as the engine sees it.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use super::compile::Compiler;
use super::isolate::{Isolate, STACK_SIZE};
use crate::clock::{Clock, SystemClock};
use crate::error::{CompileError, RuntimeError};
use crate::model::{FunctionId, InstanceId};
use crate::runtime::pool::{Bounds, Maker, Pool};
use crate::runtime::{Instance, Program, Runtime, RuntimeStats};

/// How a [`QuickJs`] is set up. `Default` suits a server of some gigabytes.
#[derive(Debug, Clone)]
pub struct QuickJsOptions {
    /// Blank isolates kept ready for cold starts, some 170 KiB each. Default: 16.
    pub blank_isolates: usize,
    /// Isolates kept warm at most, over all functions. Default: 1000.
    pub warm_isolates: usize,
    /// Bytes of heap that these may hold together. Default: 512 MiB.
    pub warm_bytes: usize,
    /// How long an isolate is kept that nobody uses. Default: 10 minutes.
    pub warm_idle: Duration,
    /// How long one text may take to compile. Default: 5 s.
    pub compile_timeout: Duration,
    /// Short texts that are compiled at the same time, beside as many long ones. Default: the number
    /// of processors.
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
            warm_idle: Duration::from_secs(600),
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
/// # Ok::<(), faas_core::error::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct QuickJs {
    compiler: Arc<Compiler>,
    pool: Arc<Pool<Blanks>>,
}

/// Makes isolates in this process.
#[derive(Debug)]
struct Blanks(Arc<dyn Clock>);

impl Maker for Blanks {
    type Isolate = Isolate;

    fn make(&self) -> io::Result<Isolate> {
        Isolate::blank(self.0.clone()).map_err(|_| io::ErrorKind::OutOfMemory.into())
    }
}

impl QuickJs {
    /// Starts the runtime and the thread that keeps its blank isolates ready.
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
        let pool = Pool::start(Blanks(options.clock.clone()), bounds, options.clock)
            .map_err(|error| RuntimeError(error.into()))?;
        Ok(Self {
            compiler: Arc::new(compiler),
            pool: Arc::new(pool),
        })
    }
}

impl Runtime for QuickJs {
    fn describe(&self) -> String {
        "quickjs, isolates in threads".into()
    }

    fn compile(&self, source: &str) -> Result<Program, CompileError> {
        self.compiler.compile(source).map(Program::new)
    }

    fn instance(&self, _id: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(self.pool.instance())
    }

    fn forget(&self, function: FunctionId) {
        self.pool.forget(function);
    }

    fn stats(&self) -> RuntimeStats {
        self.pool.stats()
    }

    fn stack_size(&self) -> usize {
        STACK_SIZE
    }
}
