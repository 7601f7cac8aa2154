//! Turns the text of an upload into bytecode.
//!
//! QuickJS parses the text first. Its parser checks the stack at every token, so it refuses a text
//! that nests too deeply. Only a text that it accepts goes to oxc, which finds the form of the code
//! ([`super::shape`]) but recurses without a check: what QuickJS accepts cannot nest deeply enough
//! to overflow the stack of this thread. Both parsers run on a thread of their own. The compiler
//! gives up waiting for that thread after a timeout, because some texts take a parser quadratic
//! time.
//!
//! TypeScript goes to oxc before QuickJS ([`dialect`], [`typescript`]), if its length bounds the
//! stack that it needs.
//!
//! This file has the threads and their bounds; [`link`] compiles all files, [`read`] tries the forms
//! of one, [`wrapper`] has the functions that they are compiled in, [`nesting`] finds where a text
//! nests too deeply.

use std::fmt;
use std::panic::{UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rquickjs::{Context, Ctx, Runtime};
use serde::{Deserialize, Serialize};

use super::handler::Handler;
use super::modules::Linked;
use super::presets::{PresetNames, Presets};
use super::raw::{self, Bytecode};
use super::slots::Lanes;
use super::source_map::SourceMaps;
use crate::error::CompileError;
use crate::model::Source;

mod dialect;
mod link;
mod nesting;
mod read;
mod typescript;
mod wrapper;

pub(super) use wrapper::BODY;

/// The stack that QuickJS's parser may use, in bytes: enough for some 700 nested parentheses.
const GATE_STACK: usize = 1 << 20;

/// The stack of a thread that compiles, in bytes. Pages that are never touched cost nothing. A text
/// that QuickJS accepts needs at most 4 MiB of it, or 16 MiB where oxc is not optimised: the tests
/// measure that.
const COMPILE_STACK: usize = 128 << 20;

/// The memory that compiling one text may take, in bytes.
pub(in crate::runtime) const COMPILE_MEMORY: usize = 512 << 20;

/// A compiled function.
pub(in crate::runtime) struct Compiled {
    pub(in crate::runtime) form: Form,
    pub(in crate::runtime) handler: Handler,
    pub(in crate::runtime) bytecode: Bytecode,
    /// Whether the handler may read its second argument.
    pub(in crate::runtime) reads_context: bool,
    /// Whether the code uses `Deno.env` or `Deno.serve`.
    pub(in crate::runtime) uses_deno: bool,
    /// The maps of the files that were transformed.
    pub(in crate::runtime) maps: Arc<SourceMaps>,
    /// The name of the main file, and the other files.
    pub(in crate::runtime) linked: Arc<Linked>,
}

/// What the bytecode evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) enum Form {
    /// The handler: a function whose body is the text.
    Body,
    /// A function that returns the value of the text, one expression, in an object. When that value
    /// is a function, it is the handler.
    Expression,
    /// A function that makes the declarations and returns the handler, or a promise of it.
    Declarations,
    /// A function that takes `exports` and `module` and fills them.
    CommonJs,
    /// An ES module.
    Module,
}

impl Form {
    /// How `prelude/main.js` finds the handler in the value that is installed.
    pub(super) fn entry(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Expression => "expression",
            Self::Declarations | Self::CommonJs | Self::Module => "exports",
        }
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("form", &self.form)
            .field("bytes", &self.bytecode.len())
            .finish()
    }
}

/// Compiles texts, a bounded number at a time.
#[derive(Debug)]
pub(super) struct Compiler {
    timeout: Duration,
    lanes: Lanes,
    presets: PresetNames,
}

impl Compiler {
    /// A compiler for `concurrency` texts at a time, each for at most `timeout`.
    pub(super) fn new(concurrency: usize, timeout: Duration) -> Self {
        Self {
            timeout,
            lanes: Lanes::new(concurrency),
            presets: PresetNames::default(),
        }
    }

    /// Returns a compiler with the same bounds, for uploads that can import `presets`.
    pub(super) fn with_presets(&self, presets: PresetNames) -> Self {
        Self {
            timeout: self.timeout,
            lanes: self.lanes.clone(),
            presets,
        }
    }

    /// Compiles `source`. Blocks until the result is there or the timeout has passed.
    pub(super) fn compile(&self, source: &Source) -> Result<Compiled, CompileError> {
        self.compile_within(source, self.timeout)
    }

    /// Compiles `source` within this time too.
    pub(super) fn compile_within(
        &self,
        source: &Source,
        time: Duration,
    ) -> Result<Compiled, CompileError> {
        let others = source.modules.iter();
        let others = others.flat_map(|modules| modules.others.values());
        let texts = others.chain([&source.code]).map(|text| &**text);
        let (source, presets) = (source.clone(), self.presets.clone());
        self.work(texts, time, move || compile_here(&source, &presets))
    }

    /// Compiles modules of the host, as pairs of a name and a text.
    pub(super) fn compile_presets(
        &self,
        modules: Vec<(String, String)>,
    ) -> Result<Presets, CompileError> {
        let texts: Vec<String> = modules.iter().map(|(_, text)| text.clone()).collect();
        let texts = texts.iter().map(String::as_str);
        self.work(texts, self.timeout, move || compile_presets_here(&modules))
    }

    /// Runs `compile` on a thread whose stack suffices for `texts`, for at most `time`.
    fn work<'t, T: Send + 'static>(
        &self,
        texts: impl Iterator<Item = &'t str> + Clone,
        time: Duration,
        compile: impl FnOnce() -> Result<T, CompileError> + UnwindSafe + Send + 'static,
    ) -> Result<T, CompileError> {
        let slots = self.lanes.of(texts.clone().map(str::len).sum());
        let timeout = time.min(self.timeout);
        let _turn = slots.take(timeout)?;
        let job = Arc::new(Job::default());
        let (abandoned, worked) = (slots.clone(), job.clone());
        // TypeScript goes to oxc first, which may take stack for each token.
        let most = texts.map(dialect::nesting_tokens).max();
        let tokens = most.unwrap_or(0).min(dialect::MAX_NESTING_TOKENS);
        let spawned = std::thread::Builder::new()
            .name("faas-compile".into())
            .stack_size(COMPILE_STACK + tokens * dialect::LEVEL_STACK)
            .spawn(move || {
                let compiled = catch_unwind(compile)
                    .unwrap_or_else(|_| Err(plain("the compiler failed on this code")));
                if worked.finish(compiled) {
                    abandoned.abandoned_one_ended();
                }
            });
        match spawned {
            Ok(_) => job.wait(timeout, || slots.abandoned_one()),
            Err(_) => Err(cannot_now("no thread can be started")),
        }
    }
}

/// One text that one thread compiles while another thread waits.
struct Job<T> {
    phase: Mutex<Phase<T>>,
    done: Condvar,
}

enum Phase<T> {
    Running,
    Done(Result<T, CompileError>),
    /// The thread that waited has given up.
    Abandoned,
}

impl<T> Default for Job<T> {
    fn default() -> Self {
        Self {
            phase: Mutex::new(Phase::Running),
            done: Condvar::new(),
        }
    }
}

impl<T> Job<T> {
    /// Stores the result; returns true when no thread waits for it any more.
    fn finish(&self, compiled: Result<T, CompileError>) -> bool {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::Abandoned) {
            return true;
        }
        *phase = Phase::Done(compiled);
        self.done.notify_one();
        false
    }

    /// Waits for the result. Calls `abandoned` when the timeout passes, before the thread that
    /// compiles can see that it is abandoned.
    fn wait(&self, timeout: Duration, abandoned: impl FnOnce()) -> Result<T, CompileError> {
        let mut phase = self.phase.lock();
        let running = |phase: &mut Phase<T>| matches!(phase, Phase::Running);
        self.done.wait_while_for(&mut phase, running, timeout);
        match std::mem::replace(&mut *phase, Phase::Abandoned) {
            Phase::Done(compiled) => compiled,
            Phase::Running | Phase::Abandoned => {
                abandoned();
                Err(plain(format!(
                    "compiling took longer than {} ms",
                    timeout.as_millis()
                )))
            }
        }
    }
}

/// An error without a line and a column.
pub(in crate::runtime) fn plain(message: impl Into<String>) -> CompileError {
    CompileError {
        message: message.into(),
        line: None,
        column: None,
        temporary: false,
    }
}

/// An error of the platform, not of the code.
pub(in crate::runtime) fn cannot_now(why: &str) -> CompileError {
    CompileError {
        temporary: true,
        ..plain(format!("cannot compile now: {why}"))
    }
}

/// Compiles `source`, which can import `presets`, on this thread, whose stack must be large enough.
pub(in crate::runtime) fn compile_here(
    source: &Source,
    presets: &PresetNames,
) -> Result<Compiled, CompileError> {
    with_compiler(|ctx| link::compile(ctx, source, presets))
}

/// Compiles modules of the host, as pairs of a name and a text, on this thread, whose stack must be
/// large enough.
pub(in crate::runtime) fn compile_presets_here(
    modules: &[(String, String)],
) -> Result<Presets, CompileError> {
    let names = modules.iter().map(|(name, _)| name).collect();
    with_compiler(|ctx| {
        Presets::compiled(modules, |name, text| {
            link::compile_preset(ctx, name, text, &names)
        })
    })
}

/// Calls `compile` with a context of QuickJS that compiles and runs nothing.
fn with_compiler<T>(
    compile: impl FnOnce(&Ctx<'_>) -> Result<T, CompileError>,
) -> Result<T, CompileError> {
    let runtime = Runtime::new().map_err(|_| cannot_now("out of memory"))?;
    runtime.set_max_stack_size(GATE_STACK);
    runtime.set_memory_limit(COMPILE_MEMORY);
    let context = Context::full(&runtime).map_err(|_| cannot_now("out of memory"))?;
    context.with(|ctx| {
        raw::accept_imports(&ctx);
        compile(&ctx)
    })
}

#[cfg(test)]
mod form_tests;
#[cfg(test)]
mod nesting_tests;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod stack_tests;
