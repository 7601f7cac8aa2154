//! From a user's text to bytecode.
//!
//! QuickJS's own parser goes first: it checks its stack at every token, so a text that nests too
//! deeply is an error there. Only what it accepts is handed to oxc, which tells the shape of the
//! code ([`super::shape`]) but recurses without a check; what passes the gate cannot nest deep
//! enough to overflow the stack that this thread has. Both run on a thread of their own, which is
//! given up on when it takes too long: there are texts that parsers need quadratic time for.

use std::fmt;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rquickjs::{Context, Ctx, Runtime};

use super::raw::{Bytecode, Goal, USER_FILE};
use super::shape::{self, Shape};
use super::slots::Lanes;
use super::syntax_error;
use crate::error::CompileError;

/// The stack that QuickJS's parser may use, in bytes: enough for some 700 nested parentheses.
const GATE_STACK: usize = 1 << 20;

/// The stack of a thread that compiles, in bytes; untouched pages cost nothing. What passes the
/// gate needs some 4 MiB of it at most, or 16 where oxc is not optimised: the tests measure it.
const COMPILE_STACK: usize = 128 << 20;

/// The memory that compiling one text may take, in bytes.
pub(in crate::runtime) const COMPILE_MEMORY: usize = 512 << 20;

/// A compiled function.
pub(in crate::runtime) struct Compiled {
    pub(in crate::runtime) form: Form,
    pub(in crate::runtime) bytecode: Bytecode,
    /// Whether the handler may look at its second argument.
    pub(in crate::runtime) reads_context: bool,
}

/// What the bytecode evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::runtime) enum Form {
    /// The handler.
    Body,
    /// A function that makes the declarations and returns the handler, or a promise of it.
    Declarations,
    /// A module.
    Module,
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
}

impl Compiler {
    /// A compiler that works on `concurrency` texts at a time, for `timeout` at most on each.
    pub(super) fn new(concurrency: usize, timeout: Duration) -> Self {
        Self {
            timeout,
            lanes: Lanes::new(concurrency),
        }
    }

    /// Compiles `source`. Blocks until that is done or given up on.
    pub(super) fn compile(&self, source: &str) -> Result<Compiled, CompileError> {
        let slots = self.lanes.of(source.len());
        let _turn = slots.take(self.timeout)?;
        let job = Arc::new(Job::default());
        let (text, abandoned, worked) = (source.to_owned(), slots.clone(), job.clone());
        let spawned = std::thread::Builder::new()
            .name("faas-compile".into())
            .stack_size(COMPILE_STACK)
            .spawn(move || {
                let compiled = catch_unwind(|| compile_here(&text))
                    .unwrap_or_else(|_| Err(plain("the compiler failed on this code")));
                if worked.finish(compiled) {
                    abandoned.abandoned_one_ended();
                }
            });
        match spawned {
            Ok(_) => job.wait(self.timeout, || slots.abandoned_one()),
            Err(_) => Err(cannot_now("no thread can be started")),
        }
    }
}

/// One text that a thread compiles while another waits.
#[derive(Default)]
struct Job {
    phase: Mutex<Phase>,
    done: Condvar,
}

#[derive(Default)]
enum Phase {
    #[default]
    Running,
    Done(Result<Compiled, CompileError>),
    /// Nobody waits for it any more.
    Abandoned,
}

impl Job {
    /// Hands over the result; true when nobody takes it.
    fn finish(&self, compiled: Result<Compiled, CompileError>) -> bool {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::Abandoned) {
            return true;
        }
        *phase = Phase::Done(compiled);
        self.done.notify_one();
        false
    }

    /// Waits for the result. `abandoned` is called, before the thread can find out, when it takes
    /// too long.
    fn wait(&self, timeout: Duration, abandoned: impl FnOnce()) -> Result<Compiled, CompileError> {
        let mut phase = self.phase.lock();
        let running = |phase: &mut Phase| matches!(phase, Phase::Running);
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

/// An error without a place.
pub(in crate::runtime) fn plain(message: impl Into<String>) -> CompileError {
    CompileError {
        message: message.into(),
        line: None,
        column: None,
        temporary: false,
    }
}

/// The platform's fault, and not the code's.
pub(in crate::runtime) fn cannot_now(why: &str) -> CompileError {
    CompileError {
        temporary: true,
        ..plain(format!("cannot compile now: {why}"))
    }
}

/// A text that goes around the user's. Its line feeds put the user's first line on line one when
/// the first line of all is called -1: QuickJS reads 0 as 1.
struct Wrapper {
    before: &'static str,
    after: String,
}

/// The number of a wrapper's first line.
const WRAPPED_FIRST_LINE: i32 = -1;

impl Wrapper {
    fn body(is_async: bool) -> Self {
        Self {
            before: if is_async {
                "(async function (input, context) {\n\n"
            } else {
                "(function (input, context) {\n\n"
            },
            after: "\n})".into(),
        }
    }

    fn declarations(is_async: bool, handler: &str) -> Self {
        Self {
            before: if is_async {
                "(async function () {\n\n"
            } else {
                "(function () {\n\n"
            },
            after: format!("\nreturn {handler};\n}})"),
        }
    }

    fn wrap(&self, source: &str) -> String {
        format!("{}{source}{}", self.before, self.after)
    }
}

pub(in crate::runtime) fn compile_here(source: &str) -> Result<Compiled, CompileError> {
    let runtime = Runtime::new().map_err(|_| cannot_now("memory is out"))?;
    runtime.set_max_stack_size(GATE_STACK);
    runtime.set_memory_limit(COMPILE_MEMORY);
    let context = Context::full(&runtime).map_err(|_| cannot_now("memory is out"))?;
    context.with(|ctx| compile_in(&ctx, source))
}

fn compile_in(ctx: &Ctx<'_>, source: &str) -> Result<Compiled, CompileError> {
    // An `await` cannot be written otherwise; a function without one need not pay for a promise.
    let is_async = source.contains("await");
    let body = Wrapper::body(is_async);
    let wrapped = body.wrap(source);
    let as_script = |text: &str| {
        Bytecode::compile(ctx, text, Goal::Script, USER_FILE, WRAPPED_FIRST_LINE)
            .map_err(|_| syntax_error::of(&ctx.catch(), source))
    };
    let not_a_body = match as_script(&wrapped) {
        Ok(bytecode) => match shape::of_body(&wrapped, body.before.len(), source)? {
            Shape::Body => {
                return Ok(Compiled {
                    form: Form::Body,
                    bytecode,
                    reads_context: body_reads_context(source),
                });
            }
            Shape::Declarations { handler } => {
                return declarations(as_script, source, is_async, &handler);
            }
            Shape::Module => return Err(plain(shape::FORMS)),
        },
        // Without a place it is the size or the depth that is wrong, in any form.
        Err(error) if error.line.is_none() => return Err(error),
        Err(error) => error,
    };
    let module = Bytecode::compile(ctx, source, Goal::Module, USER_FILE, 1);
    let module = module.map_err(|_| ctx.catch());
    // What a module imports is looked for once all of it has been parsed.
    if let Err(thrown) = &module
        && !syntax_error::is_import(thrown)
    {
        let not_a_module = syntax_error::of(thrown, source);
        return Err(syntax_error::farther(not_a_body, not_a_module));
    }
    match shape::of_module(source)? {
        Shape::Module => Ok(Compiled {
            form: Form::Module,
            bytecode: module.map_err(|thrown| syntax_error::of(&thrown, source))?,
            reads_context: true,
        }),
        Shape::Declarations { handler } => declarations(as_script, source, is_async, &handler),
        Shape::Body => Err(not_a_body),
    }
}

fn declarations(
    compile: impl Fn(&str) -> Result<Bytecode, CompileError>,
    source: &str,
    is_async: bool,
    handler: &str,
) -> Result<Compiled, CompileError> {
    let wrapper = Wrapper::declarations(is_async, handler);
    Ok(Compiled {
        form: Form::Declarations,
        bytecode: compile(&wrapper.wrap(source))?,
        reads_context: true,
    })
}

/// Whether a body can name its second argument; an escape may be part of a name. Making the
/// context is a seventh of what a small call costs.
fn body_reads_context(source: &str) -> bool {
    ["context", "arguments", "\\u"]
        .into_iter()
        .any(|name| source.contains(name))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod stack_tests;
