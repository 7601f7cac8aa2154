//! The platform's own JavaScript (`prelude/`), and how it is installed in an isolate.

use std::sync::{Arc, OnceLock};

use rquickjs::function::{Args, IntoJsFunc};
use rquickjs::{Context, Ctx, Function, Object, Persistent, Runtime, Value};

use super::bindings;
use super::call_state::{Current, Dice};
use super::heap::Heap;
use super::modules::{self, Files};
use super::raw::{self, Bytecode, Goal};
use crate::model::LogLevel;

/// The file name of the platform's own JavaScript in stacks. Users do not see such frames.
pub(super) const PLATFORM_FILE: &std::ffi::CStr = c"<platform>";

/// The entry points of `prelude/main.js`.
pub(super) struct Entries {
    pub(super) run: Persistent<Function<'static>>,
    pub(super) finish: Persistent<Function<'static>>,
    pub(super) adopt: Persistent<Function<'static>>,
    pub(super) fire: Persistent<Function<'static>>,
    pub(super) install: Persistent<Function<'static>>,
    pub(super) rename: Persistent<Function<'static>>,
    pub(super) describe: Persistent<Function<'static>>,
    pub(super) use_maps: Persistent<Function<'static>>,
    pub(super) prepare_forms: Persistent<Function<'static>>,
    pub(super) set_main: Persistent<Function<'static>>,
    pub(super) run_main: Persistent<Function<'static>>,
    pub(super) synthesize: Persistent<Function<'static>>,
    pub(super) bind: Persistent<Function<'static>>,
    pub(super) outgoing: Persistent<Function<'static>>,
    pub(super) deliver: Persistent<Function<'static>>,
    pub(super) hears_rejections: Persistent<Function<'static>>,
    pub(super) tell_rejection: Persistent<Function<'static>>,
    pub(super) tell_error: Persistent<Function<'static>>,
    pub(super) prepare: Persistent<Function<'static>>,
    /// Through this the parts of the web platform and `prelude/main.js` reach each other.
    pub(super) platform: Persistent<Object<'static>>,
}

/// The platform's own JavaScript as bytecode: it is compiled once for all isolates.
pub(super) struct Prelude {
    guards: Bytecode,
    main: Bytecode,
    /// Loaded into an isolate when they are first used there.
    inspect: Bytecode,
    console: Bytecode,
    bindings: Bytecode,
    modules: Bytecode,
    forms: Bytecode,
    http: Bytecode,
}

/// The memory, in bytes, that a part which is loaded late may take beyond the call's limit.
const LATE_PART_RESERVE: usize = 256 << 10;

impl Prelude {
    pub(super) fn get() -> rquickjs::Result<&'static Self> {
        static PRELUDE: OnceLock<Option<Prelude>> = OnceLock::new();
        PRELUDE
            .get_or_init(|| {
                let runtime = Runtime::new().ok()?;
                let context = Context::full(&runtime).ok()?;
                context.with(|ctx| {
                    let compile = |source| {
                        Bytecode::compile(&ctx, source, Goal::Script, PLATFORM_FILE, 1).ok()
                    };
                    Some(Self {
                        guards: compile(include_str!("prelude/guards.js"))?,
                        main: compile(include_str!("prelude/main.js"))?,
                        inspect: compile(include_str!("prelude/inspect.js"))?,
                        console: compile(include_str!("prelude/console.js"))?,
                        bindings: compile(include_str!("prelude/bindings.js"))?,
                        modules: compile(include_str!("prelude/modules.js"))?,
                        forms: compile(include_str!("prelude/forms.js"))?,
                        http: compile(include_str!("prelude/http.js"))?,
                    })
                })
            })
            .as_ref()
            .ok_or(rquickjs::Error::Allocation)
    }

    /// A part that is loaded late, by its number in `prelude/main.js`.
    const fn late(&self, number: u8) -> &Bytecode {
        match number {
            0 => &self.inspect,
            1 => &self.console,
            2 => &self.bindings,
            3 => &self.modules,
            4 => &self.forms,
            _ => &self.http,
        }
    }
}

/// Runs a part of the prelude, which evaluates to a function.
fn part<'js>(ctx: &Ctx<'js>, code: &Bytecode) -> rquickjs::Result<Function<'js>> {
    let value = code
        .run_script(ctx)
        .map_err(|_| rquickjs::Error::Exception)?;
    value.into_function().ok_or(rquickjs::Error::Unknown)
}

impl Entries {
    pub(super) fn install<'js>(
        ctx: &Ctx<'js>,
        prelude: &'static Prelude,
        heap: &Arc<Heap>,
        current: &Arc<Current>,
        dice: &Arc<Dice>,
        files: &Arc<Files>,
        platform: Object<'js>,
    ) -> rquickjs::Result<Self> {
        let guards: Object<'_> = part(ctx, &prelude.guards)?.call(())?;
        guards.set("platform", platform.clone())?;
        let setup = part(ctx, &prelude.main)?;

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

        let dice = dice.clone();
        let random = Function::new(ctx.clone(), move || dice.throw())?.with_name("random")?;

        let heap = heap.clone();
        let load = Function::new(ctx.clone(), move |ctx: Ctx<'js>, number: u8| {
            heap.with_reserve(LATE_PART_RESERVE, || part(&ctx, prelude.late(number)))
        })?;

        let host_bytes = bindings::host_functions(ctx, current)?;
        let host_modules = modules::host_functions(ctx, files)?;
        let mut arguments = Args::new(ctx.clone(), 8);
        arguments.push_args([log, skip, now, random, load])?;
        arguments.push_args([guards, host_bytes, host_modules])?;
        let entries: Object<'_> = setup.call_arg(arguments)?;
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
            use_maps: entry("useMaps")?,
            prepare_forms: entry("prepareForms")?,
            set_main: entry("setMain")?,
            run_main: entry("runMain")?,
            synthesize: entry("synthesize")?,
            bind: entry("bind")?,
            outgoing: entry("outgoing")?,
            deliver: entry("deliver")?,
            hears_rejections: entry("hearsRejections")?,
            tell_rejection: entry("tellRejection")?,
            tell_error: entry("tellError")?,
            prepare: entry("prepare")?,
            platform: Persistent::save(ctx, platform),
        })
    }
}

/// A host function that takes a value of any lifetime.
fn host<'js, F>(ctx: &Ctx<'js>, function: F) -> rquickjs::Result<Function<'js>>
where
    F: for<'a> Fn(u8, Value<'a>) -> bool + IntoJsFunc<'js, (u8, Value<'js>)> + 'js,
{
    Function::new(ctx.clone(), function)
}
