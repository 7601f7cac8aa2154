//! An isolate: one QuickJS runtime and context with its own heap, for one version of one function.
//!
//! Creates isolates, sets the limits before a call and decides after it whether the isolate can be
//! used again. The steps of a call are in `running.rs`; `pool` decides how long an isolate is kept.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::time::Duration;

use rquickjs::context::intrinsic;
use rquickjs::{Context, Runtime};

use super::call_state::{CallState, Current, Dice};
use super::heap::{Heap, Metered};
#[cfg(target_os = "linux")]
use super::holes;
use super::modules::{Files, Loader};
use super::prelude::{Entries, Prelude};
#[cfg(target_os = "linux")]
use super::presets::PresetNames;
use super::presets::Presets;
use super::promise_listeners::PromiseListeners;
use super::raw;
use super::rejections::Rejections;
use super::running::{Running, StepEnd};
use super::script::Loadable;
use super::suspended::Suspended;
use super::web::{self, Host};
use crate::clock::Clock;
use crate::runtime::step::{Ended, HostReply, JsEngine, LineRecorder, Step};
use crate::runtime::{Call, StopReason};

/// The stack that JavaScript may use, in bytes.
const JS_STACK: usize = 1 << 20;

/// The stack size of a thread that runs isolates, in bytes. The part beyond [`JS_STACK`] is for the
/// host, and for what QuickJS does without checking the stack: following a chain of 10,000 bound
/// functions (`MAX_CHAIN` in `prelude/guards.js`) takes up to 2 MiB. Untouched pages cost nothing.
pub(super) const STACK_SIZE: usize = 4 << 20;

/// The heap size, in bytes, at which QuickJS first collects garbage in cycles. A blank isolate has
/// 240 KB, close to QuickJS's own threshold: the first call would often pay for a collection.
const GC_THRESHOLD: usize = 512 << 10;

/// Everything but `Eval`: bytecode runs without it, and `eval` and `new Function` throw. Processes add
/// it, unless their options say no.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
    intrinsic::DOMException,
);

/// One isolate. The fields are dropped in this order: the values before the context, the context
/// before the runtime, or QuickJS aborts the process. QuickJS points to the loader, but does not use
/// it while it ends.
pub(in crate::runtime) struct Isolate {
    clock: Arc<dyn Clock>,
    active: Option<Active>,
    entries: Entries,
    rejections: Arc<Rejections>,
    loader: Box<Loader>,
    context: Context,
    runtime: Runtime,
    /// The runtime refers to this.
    promise_listeners: Arc<PromiseListeners>,
    heap: Arc<Heap>,
    current: Arc<Current>,
    #[cfg(target_os = "linux")]
    dice: Arc<Dice>,
    /// What was loaded; `None` in a blank isolate.
    loaded: Option<Loaded>,
    /// Whether `context` has the bindings.
    is_bound: Cell<bool>,
    recorder: Option<Arc<dyn LineRecorder>>,
}

/// The call in progress.
struct Active {
    call: Call,
    state: Arc<CallState>,
    is_loaded: bool,
    /// Where the call continues; `None` before its first step.
    suspended: Option<Suspended>,
}

struct Loaded {
    /// The function's name. It can change without a new version.
    name: Arc<str>,
    reads_context: bool,
}

#[expect(
    unsafe_code,
    reason = "the steps of an isolate run on different threads"
)]
// SAFETY: only the persistent values in an isolate are not `Send`. They point into its own runtime,
// and nothing outside the isolate points into it. Only the owner of an isolate uses it, from one
// thread at a time; QuickJS has no thread-local state, and each use sets the bounds of the stack
// (`JS_UpdateStackTop`, in `Context::with`).
unsafe impl Send for Isolate {}

impl Isolate {
    /// Creates a blank isolate: one with all globals and no program. `clock` is the time for
    /// deadlines, timers and log lines.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(in crate::runtime) fn blank(clock: Arc<dyn Clock>) -> rquickjs::Result<Self> {
        let prelude = Prelude::get()?;
        let heap = Heap::new();
        let current = Arc::new(Current::default());
        let dice = Arc::new(Dice::default());
        let promise_listeners = Arc::new(PromiseListeners::default());
        let runtime = Runtime::new_with_alloc(Metered::new(heap.clone()))?;
        runtime.set_max_stack_size(JS_STACK);
        runtime.set_gc_threshold(GC_THRESHOLD);
        let polled = current.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            polled.get().is_some_and(|state| state.stopped().is_some())
        })));
        let context = Context::custom::<Intrinsics>(&runtime)?;
        let files = Arc::<Files>::default();
        let (entries, loader) = context.with(|ctx| {
            let platform = web::install(
                &ctx,
                Host {
                    current: current.clone(),
                    heap: heap.clone(),
                    promise_listeners: promise_listeners.clone(),
                },
            )?;
            let entries =
                Entries::install(&ctx, prelude, &heap, &current, &dice, &files, platform)?;
            let synthesize = entries.synthesize.clone();
            let loader = Box::new(Loader::new(files, heap.clone(), synthesize));
            raw::load_imports(&ctx, &loader);
            rquickjs::Result::Ok((entries, loader))
        })?;
        let rejections = Rejections::track(&runtime);
        Ok(Self {
            clock,
            active: None,
            entries,
            rejections,
            loader,
            context,
            runtime,
            promise_listeners,
            heap,
            current,
            #[cfg(target_os = "linux")]
            dice,
            loaded: None,
            is_bound: Cell::new(false),
            recorder: None,
        })
    }

    /// Lets code import modules of the host. Called once, on a blank isolate.
    pub(super) fn preset(&self, presets: Arc<Presets>) {
        self.loader.files().preset(presets);
    }

    /// Reads the modules of the host in an isolate that will be forked, since the forks share its
    /// memory. They do not count against the memory of a function.
    #[cfg(target_os = "linux")]
    pub(super) fn read_presets(&self) -> Result<(), raw::Thrown> {
        let before = self.heap.used();
        self.context.with(|ctx| self.loader.read_presets(&ctx))?;
        self.heap.exempt(self.heap.used().saturating_sub(before));
        self.runtime
            .set_gc_threshold(self.heap.used() + GC_THRESHOLD);
        Ok(())
    }

    /// The names of the modules of the host.
    #[cfg(target_os = "linux")]
    pub(super) fn preset_names(&self) -> PresetNames {
        let presets = self.loader.files().presets();
        presets
            .map(|presets| presets.names.clone())
            .unwrap_or_default()
    }

    /// Prepares an isolate that will be forked: loads what is otherwise loaded when it is first
    /// used, since the forks share its memory.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn load_all(&self) -> rquickjs::Result<()> {
        self.context.with(|ctx| {
            let platform = self.entries.platform.clone().restore(&ctx)?;
            web::load_all(&ctx, &platform)
        })?;
        self.runtime
            .set_gc_threshold(self.heap.used() + GC_THRESHOLD);
        Ok(())
    }

    /// Fills the holes in the heap of an isolate that will be forked: see [`holes`].
    #[cfg(target_os = "linux")]
    pub(super) fn fill_holes(&self) {
        self.runtime.run_gc();
        let before = self.heap.used();
        self.context
            .with(|ctx| holes::fill_arenas(&ctx, &self.heap));
        self.heap.exempt(self.heap.used().saturating_sub(before));
        self.runtime
            .set_gc_threshold(self.heap.used() + GC_THRESHOLD);
        holes::fill_process();
    }

    /// Lets code use `eval` and `new Function`.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn with_eval(&self) {
        self.context.with(|ctx| raw::add_eval(&ctx));
    }

    /// Seeds `Math.random`: copies of an isolate must not produce the same numbers.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn seed(&mut self, seed: u64) {
        self.dice.seed(seed);
    }

    /// Passes each line that calls write to their console to `recorder`.
    #[cfg(target_os = "linux")]
    pub(in crate::runtime) fn record_lines(&mut self, recorder: Arc<dyn LineRecorder>) {
        self.recorder = Some(recorder);
    }
}

impl JsEngine for Isolate {
    type Program = Loadable;

    fn start(&mut self, call: Call, loads: bool) -> Step {
        let (program, compiled) = (call.program.clone(), OnceCell::new());
        let loadable = program.get::<Loadable>().filter(|_| loads);
        let program = match loadable {
            Some(Loadable::Function(program) | Loadable::CompiledScript(program)) => Some(program),
            Some(Loadable::Script(script)) => match script.compile(call.limits.timeout) {
                Ok(program) => Some(compiled.get_or_init(|| program)),
                Err(error) => return Step::Done(Ended::not_compiled(&error)),
            },
            None if loads => return Step::Done(Ended::platform("there is no program to load")),
            None => None,
        };
        // The next call of a script brings a program of its own.
        let needs_handler = matches!(loadable, Some(Loadable::Function(_)));
        let name = &call.context.function_name;
        let renamed = match &mut self.loaded {
            Some(loaded) if loaded.name != *name => {
                loaded.name = name.clone();
                true
            }
            _ => false,
        };
        if let Some(program) = program {
            self.loaded = Some(Loaded {
                name: name.clone(),
                reads_context: program.reads_context,
            });
        }
        self.heap.set_limit(call.limits.memory);
        self.active = Some(Active {
            state: CallState::start(&call, &self.clock, self.recorder.clone()),
            call,
            is_loaded: !needs_handler,
            suspended: None,
        });
        self.step(|running, _| running.start(program, renamed))
    }

    fn resume(&mut self, paused: Duration, replies: Vec<HostReply>) -> Step {
        if let Some(active) = &self.active {
            active.state.go_on(paused);
        }
        self.step(|running, suspended| match suspended {
            Some(suspended) => running.resume(suspended, replies),
            None => StepEnd::broken(),
        })
    }

    fn stop(&mut self, reason: StopReason) -> Ended {
        match self.active.take() {
            Some(Active { call, state, .. }) => Ended {
                result: Err(reason.failure(call.limits.timeout)),
                logs: state.console.lock().take(|| self.clock.now()),
                reusable: false,
            },
            None => Ended::platform("the isolate runs no call"),
        }
    }

    fn bytes(&self) -> usize {
        self.heap.used()
    }
}

impl Isolate {
    /// Runs a step of the current call.
    fn step(&mut self, run: impl FnOnce(&Running<'_, '_>, Option<Suspended>) -> StepEnd) -> Step {
        let Some(mut active) = self.active.take() else {
            return Step::Done(Ended::platform("the isolate runs no call"));
        };
        let reads_context = self
            .loaded
            .as_ref()
            .is_none_or(|loaded| loaded.reads_context);
        let suspended = active.suspended.take();
        let is_loaded = Cell::new(active.is_loaded);
        let entered = self.current.enter(&active.state);
        let end = self.context.with(|ctx| {
            let running = Running {
                ctx: &ctx,
                entries: &self.entries,
                loader: &self.loader,
                rejections: &self.rejections,
                heap: &self.heap,
                state: &active.state,
                call: &active.call,
                reads_context,
                is_loaded: &is_loaded,
                is_bound: &self.is_bound,
            };
            run(&running, suspended)
        });
        drop(entered);
        match end {
            StepEnd::Waits(suspended, wait) => {
                active.is_loaded = is_loaded.get();
                active.suspended = Some(suspended);
                self.active = Some(active);
                Step::Wait(wait)
            }
            StepEnd::Done(result, drained) => {
                let reusable = drained && !self.heap.refused() && !active.state.was_stopped();
                self.heap.set_limit(usize::MAX);
                let logs = active.state.console.lock().take(|| self.clock.now());
                Step::Done(Ended {
                    result,
                    logs,
                    reusable,
                })
            }
        }
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        // The limit is for calls; ending the runtime can need memory too.
        self.heap.set_limit(usize::MAX);
        self.promise_listeners.clear();
        self.heap.end();
    }
}

impl std::fmt::Debug for Isolate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolate")
            .field("bytes", &self.heap.used())
            .field("job_pending", &self.runtime.is_job_pending())
            .finish_non_exhaustive()
    }
}
