//! An isolate: one QuickJS runtime and context with its own heap, for one version of one function.
//!
//! Owns how an isolate is made, loaded with a program and called. How long one is kept is decided
//! in `warm.rs` and `steward.rs`.

use std::sync::{Arc, OnceLock};

use rquickjs::context::intrinsic;
use rquickjs::function::IntoJsFunc;
use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime, Value};

use super::call_state::{CallState, Current};
use super::compile::{Compiled, Form};
use super::event_loop::{self, Ending};
use super::failure;
use super::heap::{Heap, Metered};
use super::raw::{self, Bytecode, Goal};
use crate::model::{Failure, FailureKind, Json, LogLevel, MAX_DEPTH};
use crate::runtime::Call;

/// The stack that JavaScript may use, in bytes. [`STACK_SIZE`] leaves as much again for what
/// QuickJS does between its checks, and for the host below it.
const JS_STACK: usize = 1 << 20;

/// The stack that a thread needs which runs isolates, in bytes.
pub(super) const STACK_SIZE: usize = 2 << 20;

/// The heap, in bytes, from which on garbage in cycles is looked for. A blank isolate has 230 KB,
/// close to QuickJS's own threshold: a first call would often pay for a collection.
const GC_THRESHOLD: usize = 512 << 10;

/// What the platform's own JavaScript is called in stacks; such frames are not shown.
pub(super) const PLATFORM_FILE: &std::ffi::CStr = c"<platform>";

/// Jobs that a call may leave behind and that are still run, so that its isolate can be used
/// again. One that leaves more, or ones that make more, costs its isolate.
const MAX_LEFT_OVER_JOBS: usize = 1000;

/// Everything but `Eval`: bytecode runs without it, and `eval` and `new Function` throw.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::Performance,
    intrinsic::WeakRef,
    intrinsic::DOMException,
);

/// One isolate. The fields are dropped in this order: the values before the context, the context
/// before the runtime, or QuickJS aborts the process.
pub(super) struct Isolate {
    entries: Entries,
    context: Context,
    runtime: Runtime,
    heap: Arc<Heap>,
    current: Arc<Current>,
    /// What was loaded; `None` in a blank isolate.
    loaded: Option<Loaded>,
}

struct Loaded {
    /// The function's name as the isolate knows it: it can change without a new version.
    name: Arc<str>,
    reads_context: bool,
}

// SAFETY: all that is not `Send` in an isolate are its persistent values: pointers into its own
// runtime, which nothing outside the isolate points into. Whoever owns the isolate is the only one
// to use it, from one thread at a time; QuickJS has no thread-local state, and each use sets the
// stack's bounds anew (`JS_UpdateStackTop`, in `Context::with`).
#[expect(
    unsafe_code,
    reason = "an isolate moves between the threads of instances"
)]
unsafe impl Send for Isolate {}

/// The entry points of `prelude.js`.
struct Entries {
    run: Persistent<Function<'static>>,
    finish: Persistent<Function<'static>>,
    adopt: Persistent<Function<'static>>,
    fire: Persistent<Function<'static>>,
    install: Persistent<Function<'static>>,
    rename: Persistent<Function<'static>>,
    describe: Persistent<Function<'static>>,
}

/// How a call ended, and whether the isolate can take another.
pub(super) struct Ended {
    pub(super) result: Result<Json, Failure>,
    pub(super) reusable: bool,
}

impl Isolate {
    /// Makes an isolate with all globals and no program: a blank one.
    ///
    /// # Errors
    /// When memory is out.
    pub(super) fn blank() -> rquickjs::Result<Self> {
        let prelude = prelude()?;
        let heap = Heap::new();
        let current = Arc::new(Current::default());
        let runtime = Runtime::new_with_alloc(Metered(heap.clone()))?;
        runtime.set_max_stack_size(JS_STACK);
        runtime.set_gc_threshold(GC_THRESHOLD);
        let polled = current.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            polled.get().is_some_and(|state| state.stopped().is_some())
        })));
        let context = Context::custom::<Intrinsics>(&runtime)?;
        let entries = context.with(|ctx| Entries::install(&ctx, prelude, &current))?;
        Ok(Self {
            entries,
            context,
            runtime,
            heap,
            current,
            loaded: None,
        })
    }

    /// Bytes of memory that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.heap.used()
    }

    /// Runs a call, after loading `program` where that is given: in a blank isolate, and there
    /// only.
    pub(super) fn run(
        &mut self,
        call: &Call<'_>,
        state: &Arc<CallState>,
        program: Option<&Compiled>,
    ) -> Ended {
        self.heap.set_limit(call.limits.memory);
        let armed = self.current.enter(state);
        let name = &call.context.function_name;
        let renamed = match &mut self.loaded {
            Some(loaded) if loaded.name == *name => false,
            Some(loaded) => {
                loaded.name = name.clone();
                true
            }
            None => false,
        };
        if let Some(program) = program {
            self.loaded = Some(Loaded {
                name: name.clone(),
                reads_context: program.reads_context,
            });
        }
        let reads_context = self
            .loaded
            .as_ref()
            .is_none_or(|loaded| loaded.reads_context);
        let ended = self.context.with(|ctx| {
            let running = Running {
                ctx: &ctx,
                entries: &self.entries,
                heap: &self.heap,
                state,
                call,
                reads_context,
            };
            running.run(program, renamed)
        });
        drop(armed);
        // What the isolate does between calls, such as being dropped, needs memory as well.
        let reusable = ended.reusable && !self.heap.refused() && !state.was_stopped();
        self.heap.set_limit(usize::MAX);
        Ended { reusable, ..ended }
    }
}

impl std::fmt::Debug for Isolate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolate")
            .field("bytes", &self.bytes())
            .field("job_pending", &self.runtime.is_job_pending())
            .finish_non_exhaustive()
    }
}

/// The bytecode of `prelude.js`, compiled once.
fn prelude() -> rquickjs::Result<&'static Bytecode> {
    static PRELUDE: OnceLock<Option<Bytecode>> = OnceLock::new();
    PRELUDE
        .get_or_init(|| {
            let runtime = Runtime::new().ok()?;
            let context = Context::full(&runtime).ok()?;
            let source = include_str!("prelude.js");
            context
                .with(|ctx| Bytecode::compile(&ctx, source, Goal::Script, PLATFORM_FILE, 1))
                .ok()
        })
        .as_ref()
        .ok_or(rquickjs::Error::Allocation)
}

impl Entries {
    fn install(
        ctx: &Ctx<'_>,
        prelude: &Bytecode,
        current: &Arc<Current>,
    ) -> rquickjs::Result<Self> {
        let value = prelude
            .run_script(ctx)
            .map_err(|_| rquickjs::Error::Exception)?;
        let setup = value.into_function().ok_or(rquickjs::Error::Unknown)?;

        let state = current.clone();
        let log = host(ctx, move |level: u8, message: Value<'_>| {
            let level = match level {
                0 => LogLevel::Debug,
                2 => LogLevel::Info,
                3 => LogLevel::Warn,
                4 => LogLevel::Error,
                _ => LogLevel::Log,
            };
            let message = raw::text(&message).unwrap_or_default();
            state.get().is_none_or(|call| call.log(level, message))
        })?;
        let state = current.clone();
        let skip = Function::new(ctx.clone(), move || {
            if let Some(call) = state.get() {
                call.console.lock().drop_line();
            }
        })?;
        let state = current.clone();
        let now = Function::new(ctx.clone(), move || {
            state.get().map_or(0.0, |call| call.now_ms())
        })?;

        let entries: Object<'_> = setup.call((log, skip, now))?;
        let entry = |name: &str| -> rquickjs::Result<Persistent<Function<'static>>> {
            Ok(Persistent::save(ctx, entries.get::<_, Function<'_>>(name)?))
        };
        Ok(Self {
            run: entry("run")?,
            finish: entry("finish")?,
            adopt: entry("adopt")?,
            fire: entry("fire")?,
            install: entry("install")?,
            rename: entry("rename")?,
            describe: entry("describe")?,
        })
    }
}

/// A function of the host's that takes a value of any lifetime.
fn host<'js, F>(ctx: &Ctx<'js>, function: F) -> rquickjs::Result<Function<'js>>
where
    F: for<'a> Fn(u8, Value<'a>) -> bool + IntoJsFunc<'js, (u8, Value<'js>)> + 'js,
{
    Function::new(ctx.clone(), function)
}

/// A call in progress.
struct Running<'a, 'js> {
    ctx: &'a Ctx<'js>,
    entries: &'a Entries,
    heap: &'a Heap,
    state: &'a Arc<CallState>,
    call: &'a Call<'a>,
    reads_context: bool,
}

impl<'js> Running<'_, 'js> {
    fn run(&self, program: Option<&Compiled>, renamed: bool) -> Ended {
        let loaded = match program {
            Some(program) => self.load(program),
            None if renamed => self.rename(),
            None => Ok(()),
        };
        let is_loaded = loaded.is_ok();
        let result = loaded
            .and_then(|()| self.invoke())
            .and_then(|value| self.output(&value));
        match result {
            Ok(output) => Ended {
                result: Ok(output),
                reusable: self.drain(),
            },
            Err(ending) => {
                let failure = self.failure(ending);
                let spent = failure.kind != FailureKind::UserError;
                Ended {
                    result: Err(failure),
                    reusable: is_loaded && !spent && self.drain(),
                }
            }
        }
    }

    /// Loads the program into a blank isolate and finds its handler.
    fn load(&self, program: &Compiled) -> Result<(), Ending<'js>> {
        let code = &program.bytecode;
        let handler = match program.form {
            Form::Body => code.run_script(self.ctx)?,
            Form::Declarations => {
                let setup = code.run_script(self.ctx)?;
                let setup = setup.into_function().ok_or(Ending::Broken)?;
                self.wait(setup.call(())?)?
            }
            Form::Module => {
                let (evaluated, namespace) = code.run_module(self.ctx)?;
                self.wait(evaluated.into_value())?;
                namespace
            }
        };
        let install = self.entries.install.clone().restore(self.ctx)?;
        let context = self.call.context;
        Ok(install.call((
            handler,
            context.function_id.to_string(),
            &*context.function_name,
            program.reads_context,
        ))?)
    }

    fn rename(&self) -> Result<(), Ending<'js>> {
        let rename = self.entries.rename.clone().restore(self.ctx)?;
        Ok(rename.call((&*self.call.context.function_name,))?)
    }

    /// Calls the handler and waits for its result, as JSON text.
    fn invoke(&self) -> Result<Value<'js>, Ending<'js>> {
        let run = self.entries.run.clone().restore(self.ctx)?;
        let input = self.call.input.as_str();
        let context = self.call.context;
        let value: Value<'js> = if self.reads_context {
            run.call((
                input,
                context.execution_id.to_string(),
                context.attempt,
                context.deadline.as_millis(),
                context.instance_id.as_str(),
            ))?
        } else {
            run.call((input,))?
        };
        if value.is_string() {
            return Ok(value);
        }
        let settled = self.wait(value)?;
        let finish = self.entries.finish.clone().restore(self.ctx)?;
        Ok(finish.call((settled,))?)
    }

    /// Waits for a promise or any other thenable; anything else is returned as it is.
    fn wait(&self, value: Value<'js>) -> Result<Value<'js>, Ending<'js>> {
        if !value.is_object() {
            return Ok(value);
        }
        let promise = match value.clone().into_promise() {
            Some(promise) => promise,
            None if value.is_function() && !self.is_thenable(&value)? => return Ok(value),
            None => {
                let adopt = self.entries.adopt.clone().restore(self.ctx)?;
                adopt.call((value,))?
            }
        };
        let fire = self.entries.fire.clone().restore(self.ctx)?;
        event_loop::settle(self.ctx, &promise, &fire, self.state, self.call.stop)
    }

    fn is_thenable(&self, value: &Value<'js>) -> Result<bool, Ending<'js>> {
        match value.as_object() {
            Some(object) => Ok(object.get::<_, Value<'js>>("then")?.is_function()),
            None => Ok(false),
        }
    }

    /// Takes the JSON text out of the isolate.
    fn output(&self, value: &Value<'js>) -> Result<Json, Ending<'js>> {
        let limit = self.call.limits.output;
        let taken = raw::with_text(value, |bytes| {
            if bytes.len() > limit {
                return Err(Ending::TooLarge(bytes.len()));
            }
            // `JSON.stringify` writes lone surrogates as escapes, so this is valid UTF-8.
            let text = std::str::from_utf8(bytes).map_err(|_| Ending::Broken)?;
            if is_too_deep(text) {
                return Err(Ending::TooDeep);
            }
            Ok(Json::trusted(text.to_owned()))
        });
        taken.unwrap_or(Err(Ending::Thrown(Value::new_null(self.ctx.clone()))))
    }

    /// Runs the jobs that the call left behind; false when that does not end soon.
    fn drain(&self) -> bool {
        for _ in 0..MAX_LEFT_OVER_JOBS {
            if !raw::job_pending(self.ctx) {
                return true;
            }
            if self.state.stopped().is_some() {
                return false;
            }
            // What it throws concerns nobody: the call has its result.
            let _ = raw::run_job(self.ctx);
        }
        !raw::job_pending(self.ctx)
    }

    fn failure(&self, ending: Ending<'js>) -> Failure {
        let limits = self.call.limits;
        if let Some(reason) = self.state.stopped() {
            return reason.failure(limits.timeout);
        }
        let thrown = match ending {
            Ending::Thrown(thrown) => thrown,
            Ending::Pending => self.ctx.catch(),
            ending => return self.other_failure(ending),
        };
        let describe = self.entries.describe.clone().restore(self.ctx);
        let failure = failure::of_thrown(self.ctx, thrown, describe, self.heap);
        // Describing it runs user code: getters, proxies.
        match self.state.stopped() {
            Some(reason) => reason.failure(limits.timeout),
            None => failure,
        }
    }

    fn other_failure(&self, ending: Ending<'js>) -> Failure {
        let limits = self.call.limits;
        match ending {
            Ending::Stopped(reason) => reason.failure(limits.timeout),
            Ending::NeverSettles => Failure::new(
                FailureKind::UserError,
                "the returned promise never settles: nothing is left that could settle it",
            ),
            Ending::TooLarge(bytes) => Failure::new(
                FailureKind::UserError,
                format!(
                    "the result has {bytes} bytes of JSON: the limit is {} bytes",
                    limits.output
                ),
            ),
            Ending::TooDeep => Failure::new(
                FailureKind::UserError,
                format!("the result nests deeper than {MAX_DEPTH} levels"),
            ),
            Ending::Thrown(_) | Ending::Pending | Ending::Broken => {
                Failure::new(FailureKind::Platform, "the isolate is broken")
            }
        }
    }
}

/// Whether a valid JSON text nests deeper than the platform's JSON may.
fn is_too_deep(text: &str) -> bool {
    if text.len() <= 2 * MAX_DEPTH {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
