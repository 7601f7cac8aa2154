//! The functions that are ready to run: compiled, and kept within a bound of memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::job::Loaded;
use crate::cost::PriceBook;
use crate::model::{Function, FunctionId};
use crate::platform::{Error, PlatformOptions};
use crate::runtime::{CompileError, Limits, Program, Runtime};
use crate::store::Store;

/// Memory for code and bytecode, in bytes. What does not fit is loaded and compiled again when
/// it is called.
const CAPACITY: u64 = 256 << 20;

/// Loads functions from the store, compiles them and keeps them.
pub(crate) struct Registry {
    store: Arc<dyn Store>,
    runtime: Arc<dyn Runtime>,
    price_book: Arc<PriceBook>,
    options: Arc<PlatformOptions>,
    ready: Cache<FunctionId, Arc<Loaded>, BySize>,
    /// Rises after each change in the store, so that a load that read before it is noticed.
    changes: AtomicU64,
}

#[derive(Clone)]
struct BySize;

impl Weighter<FunctionId, Arc<Loaded>> for BySize {
    fn weight(&self, _: &FunctionId, loaded: &Arc<Loaded>) -> u64 {
        // Bytecode is about as long as its source; the rest is small.
        2 * loaded.function.code.len() as u64 + 1024
    }
}

impl Registry {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        runtime: Arc<dyn Runtime>,
        price_book: Arc<PriceBook>,
        options: Arc<PlatformOptions>,
    ) -> Self {
        let ready = Cache::with_weighter(10_000, CAPACITY, BySize);
        Self {
            store,
            runtime,
            price_book,
            options,
            ready,
            changes: AtomicU64::new(0),
        }
    }

    /// The function, ready to run; `None` when there is none.
    ///
    /// # Errors
    /// When the store is away, or code that once compiled no longer does.
    pub(crate) async fn load(&self, id: FunctionId) -> Result<Option<Arc<Loaded>>, Error> {
        if let Some(loaded) = self.ready.get(&id) {
            return Ok(Some(loaded));
        }
        loop {
            let changes = self.changes.load(Ordering::Acquire);
            let Some(function) = self.store.function(id).await? else {
                return Ok(None);
            };
            let program = self.compile(&function.code).await?;
            let loaded = self.keep(function, program);
            if self.changes.load(Ordering::Acquire) == changes {
                return Ok(Some(loaded));
            }
            self.ready.remove(&id);
        }
    }

    /// Compiles `code` off the asynchronous threads.
    ///
    /// # Errors
    /// What is wrong with the code.
    pub(crate) async fn compile(&self, code: &Arc<str>) -> Result<Program, CompileError> {
        let (runtime, code) = (self.runtime.clone(), code.clone());
        match tokio::task::spawn_blocking(move || runtime.compile(&code)).await {
            Ok(compiled) => compiled,
            Err(error) => {
                tracing::error!(%error, "the compiler panicked");
                let message = "the compiler failed on this code".to_owned();
                Err(CompileError {
                    message,
                    line: None,
                    column: None,
                })
            }
        }
    }

    /// Takes over a function that was stored just now.
    pub(crate) fn changed(&self, function: Function, program: Program) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.runtime.forget(function.id);
        self.keep(function, program);
    }

    /// Forgets a function that was deleted just now.
    pub(crate) fn deleted(&self, id: FunctionId) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.ready.remove(&id);
        self.runtime.forget(id);
    }

    fn keep(&self, function: Function, program: Program) -> Arc<Loaded> {
        let memory_mb = self.price_book.tier(function.tier()).memory_mb;
        let limits = Limits {
            timeout: function.config.timeout,
            memory: (memory_mb as usize) << 20,
            output: self.options.max_output,
            log_lines: self.options.max_log_lines,
            log_bytes: self.options.max_log_bytes,
        };
        let id = function.id;
        let loaded = Arc::new(Loaded {
            function,
            program,
            limits,
        });
        self.ready.insert(id, loaded.clone());
        loaded
    }
}
