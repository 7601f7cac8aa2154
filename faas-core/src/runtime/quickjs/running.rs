//! One call in an isolate: loads its program, calls the handler, takes its result.
//!
//! A call runs in steps. It waits at most twice: for the program's promise of its handler, and for
//! the handler's promise of its result. [`Then`] is what happens after each; a step ends with a
//! [`Suspended`] call when there is nothing to run before a timer or a host call.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use rquickjs::function::{Args, This};
use rquickjs::{Array, Ctx, Function, Object, Promise, Value};

use super::bindings;
use super::call_state::CallState;
use super::collisions;
use super::compile::{Compiled, Form};
use super::event_loop::{self, Ending, Settled, Uncaught as _};
use super::failure;
use super::heap::Heap;
use super::modules::Loader;
use super::prelude::Entries;
use super::raw;
use super::rejections::Rejections;
use super::source_map::SourceMaps;
use super::suspended::{Entry, Suspended, Then};
use crate::model::{Failure, FailureKind, Json, LogLevel, MAX_DEPTH, is_too_deep};
use crate::runtime::Call;
use crate::runtime::step::{HostReply, Wait};

/// How many of the jobs that a call leaves are run after it, so that its isolate can be used again.
/// A call that leaves more, or jobs that add more, costs the isolate.
const MAX_LEFT_OVER_JOBS: usize = 1000;

/// How long these may run. After that the isolate is dropped; the call keeps its result.
const LEFT_OVER_TIME: Duration = Duration::from_millis(500);

/// A call during a step.
pub(super) struct Running<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) entries: &'a Entries,
    pub(super) loader: &'a Loader,
    pub(super) rejections: &'a Rejections,
    pub(super) heap: &'a Heap,
    pub(super) state: &'a Arc<CallState>,
    pub(super) call: &'a Call,
    pub(super) reads_context: bool,
    /// Whether the handler is installed.
    pub(super) is_loaded: &'a Cell<bool>,
    /// Whether `context` has the bindings.
    pub(super) is_bound: &'a Cell<bool>,
}

/// How far a step came.
pub(super) enum Progress<'js> {
    /// The call has a result, as JSON text.
    Done(Value<'js>),
    /// The call waits for this promise.
    Waits(Promise<'js>, Then<'js>, Option<Duration>),
}

/// The end of a step.
pub(super) enum StepEnd {
    Waits(Suspended, Wait),
    /// The result, and whether nothing of the call is left, so that the isolate can serve another.
    Done(Result<Json, Failure>, bool),
}

impl StepEnd {
    /// The isolate cannot continue the call.
    pub(super) fn broken() -> Self {
        let failure = Failure::new(FailureKind::Platform, "the isolate is broken");
        Self::Done(Err(failure), false)
    }
}

impl<'js> Running<'_, 'js> {
    /// Loads the program if there is one, and calls the handler.
    pub(super) fn start(&self, program: Option<&Compiled>, renamed: bool) -> StepEnd {
        self.end_step(self.try_start(program, renamed))
    }

    /// Continues a suspended call.
    pub(super) fn resume(&self, suspended: Suspended, replies: Vec<HostReply>) -> StepEnd {
        self.end_step(self.try_resume(suspended, replies))
    }

    fn try_start(
        &self,
        program: Option<&Compiled>,
        renamed: bool,
    ) -> Result<Progress<'js>, Ending<'js>> {
        match program {
            Some(program) => return self.load(program),
            None if renamed => self.rename()?,
            None => {}
        }
        self.call_handler()
    }

    fn try_resume(
        &self,
        suspended: Suspended,
        replies: Vec<HostReply>,
    ) -> Result<Progress<'js>, Ending<'js>> {
        let (promise, then) = suspended.restore(self.ctx)?;
        bindings::deliver(self.ctx, self.entries, replies)?;
        self.advance(promise.into_value(), then)
    }

    /// Waits for `value` if it is a promise or another thenable, then continues.
    fn advance(&self, value: Value<'js>, then: Then<'js>) -> Result<Progress<'js>, Ending<'js>> {
        let settled = match self.promise_of(&value)? {
            None => value,
            Some(promise) => match self.settle(&promise)? {
                Settled::Value(value) => value,
                Settled::Waits(after) => return Ok(Progress::Waits(promise, then, after)),
            },
        };
        let (found, entry) = match then {
            Then::Install(entry) => (settled, entry),
            Then::InstallExports(entry, module) => (module.get("exports")?, entry),
            Then::InstallNamespace(entry, namespace) => (namespace, entry),
            Then::Finish => {
                let finish = self.entries.finish.clone().restore(self.ctx)?;
                return Ok(Progress::Done(finish.call((settled,))?));
            }
        };
        self.install(found, entry)?;
        self.call_handler()
    }

    /// Loads the program into a blank isolate, then calls its handler.
    fn load(&self, program: &Compiled) -> Result<Progress<'js>, Ending<'js>> {
        if !self.call.bindings.is_empty() {
            let bindings = &self.call.bindings;
            let binds = self.reads_context && !self.is_bound.get();
            bindings::install(self.ctx, self.entries, bindings, binds)?;
            self.is_bound.set(binds || self.is_bound.get());
        }
        if let Some(environment) = self.call.environment.as_json() {
            let prepare = self.entries.prepare.clone().restore(self.ctx)?;
            prepare.call::<_, ()>((environment,))?;
        }
        self.use_maps(&program.maps)?;
        let code = &program.bytecode;
        let entry = Entry {
            form: program.form,
            handler: program.handler,
        };
        let linked = &program.linked;
        let has_files = !linked.units.is_empty();
        if has_files {
            self.loader.files().link(linked);
            let set_main = self.entries.set_main.clone().restore(self.ctx)?;
            set_main.call::<_, ()>((linked.main.as_str(),))?;
        }
        if program.handler.is_registered() || program.uses_deno {
            let prepare = self.entries.prepare_forms.clone().restore(self.ctx)?;
            let environment = self.call.environment.as_json();
            let kind = program.handler.as_str();
            prepare.call::<_, ()>((kind, program.uses_deno, environment))?;
        }
        match entry.form {
            Form::Body | Form::Expression => {
                let handler = code.run_script(self.ctx)?;
                self.install(handler, entry)?;
                self.call_handler()
            }
            Form::Declarations => {
                let setup = code.run_script(self.ctx)?;
                let setup = setup.into_function().ok_or(Ending::Broken)?;
                self.advance(setup.call(())?, Then::Install(entry))
            }
            Form::CommonJs if has_files => {
                let run_main = self.entries.run_main.clone().restore(self.ctx)?;
                let setup = code.run_script(self.ctx)?;
                let ran: Array<'js> = run_main.call((linked.main.as_str(), setup))?;
                self.advance(ran.get(0)?, Then::InstallExports(entry, ran.get(1)?))
            }
            Form::CommonJs => {
                let setup = code.run_script(self.ctx)?;
                let setup = setup.into_function().ok_or(Ending::Broken)?;
                let exports = Object::new(self.ctx.clone())?;
                let module = Object::new(self.ctx.clone())?;
                module.set("exports", exports.clone())?;
                let loaded = setup.call((This(exports.clone()), exports, module.clone()))?;
                self.advance(loaded, Then::InstallExports(entry, module))
            }
            Form::Module => {
                self.heap.load_module();
                let (evaluated, namespace) = code.run_module(self.ctx, &linked.main)?;
                let then = Then::InstallNamespace(entry, namespace);
                self.advance(evaluated.into_value(), then)
            }
        }
    }

    /// Makes stacks show the places in the files of the user, and in the modules of the host.
    fn use_maps(&self, maps: &Arc<SourceMaps>) -> Result<(), Ending<'js>> {
        let presets = self.loader.files().presets();
        let presets = presets.filter(|presets| !presets.maps.is_empty()).cloned();
        if maps.is_empty() && presets.is_none() {
            return Ok(());
        }
        let maps = maps.clone();
        let rewrite = Function::new(self.ctx.clone(), move |stack: Value<'js>| {
            let stack = maps.rewrite(&raw::text(&stack)?);
            Some(match &presets {
                Some(presets) => presets.maps.rewrite(&stack),
                None => stack,
            })
        })?;
        let use_maps = self.entries.use_maps.clone().restore(self.ctx)?;
        Ok(use_maps.call((rewrite,))?)
    }

    /// Installs the handler. `found` is the handler itself, or a module's exports.
    fn install(&self, found: Value<'js>, entry: Entry) -> Result<(), Ending<'js>> {
        let install = self.entries.install.clone().restore(self.ctx)?;
        let context = &self.call.context;
        let mut arguments = Args::new(self.ctx.clone(), 9);
        arguments.push_arg(found)?;
        arguments.push_arg(context.function_id.to_string())?;
        arguments.push_arg(&*context.function_name)?;
        arguments.push_arg(self.call.function.1)?;
        arguments.push_arg(self.reads_context)?;
        arguments.push_arg(self.call.environment.as_json())?;
        arguments.push_arg(entry.form.entry())?;
        arguments.push_arg(entry.handler.as_str())?;
        arguments.push_arg(self.call.limits.memory >> 20)?;
        install.call_arg::<()>(arguments)?;
        self.is_loaded.set(true);
        Ok(())
    }

    fn rename(&self) -> Result<(), Ending<'js>> {
        let rename = self.entries.rename.clone().restore(self.ctx)?;
        Ok(rename.call((&*self.call.context.function_name,))?)
    }

    fn call_handler(&self) -> Result<Progress<'js>, Ending<'js>> {
        let run = self.entries.run.clone().restore(self.ctx)?;
        let input = self.call.input.as_str();
        if collisions::collide(input) {
            return Err(Ending::Colliding);
        }
        let context = &self.call.context;
        let value: Value<'js> = if self.reads_context || self.call.is_http {
            run.call((
                input,
                self.call.is_http,
                context.execution_id.to_string(),
                context.attempt,
                context.deadline.as_millis(),
                context.instance_id.as_str(),
            ))?
        } else {
            run.call((input, self.call.is_http))?
        };
        if value.is_string() {
            return Ok(Progress::Done(value));
        }
        self.advance(value, Then::Finish)
    }

    /// Returns the promise to wait for, if `value` is a promise or another thenable.
    fn promise_of(&self, value: &Value<'js>) -> Result<Option<Promise<'js>>, Ending<'js>> {
        if !value.is_object() {
            return Ok(None);
        }
        match value.clone().into_promise() {
            Some(promise) => Ok(Some(promise)),
            None if value.is_function() && !self.is_thenable(value)? => Ok(None),
            None => {
                let adopt = self.entries.adopt.clone().restore(self.ctx)?;
                Ok(Some(adopt.call((value.clone(),))?))
            }
        }
    }

    fn is_thenable(&self, value: &Value<'js>) -> Result<bool, Ending<'js>> {
        match value.as_object() {
            Some(object) => Ok(object.get::<_, Value<'js>>("then")?.is_function()),
            None => Ok(false),
        }
    }

    fn settle(&self, promise: &Promise<'js>) -> Result<Settled<'js>, Ending<'js>> {
        let fire = self.entries.fire.clone().restore(self.ctx)?;
        let settled = event_loop::settle(self.ctx, promise, &fire, self.state, self);
        // This call handles the promise.
        if settled.is_err() {
            self.rejections.handled(promise.as_value());
        }
        settled
    }

    /// Suspends the call, or ends it.
    fn end_step(&self, progress: Result<Progress<'js>, Ending<'js>>) -> StepEnd {
        let ended = match progress {
            Ok(Progress::Waits(promise, then, after)) => {
                match bindings::outgoing(self.ctx, self.entries, self.call) {
                    Ok(calls) => {
                        let suspended = Suspended::new(self.ctx, promise, then);
                        return StepEnd::Waits(suspended, Wait { after, calls });
                    }
                    Err(ending) => Err(ending),
                }
            }
            Ok(Progress::Done(text)) => self.output(&text),
            Err(ending) => Err(ending),
        };
        let (result, mut drained) = match ended {
            Ok(output) => (Ok(output), self.drain()),
            Err(ending) => {
                let failure = self.failure(ending);
                let spent = failure.kind != FailureKind::UserError;
                let reusable = self.is_loaded.get() && !spent && self.drain();
                (Err(failure), reusable)
            }
        };
        // Listeners for rejections can leave jobs in turn.
        drained &= self.report_rejections() && self.drain() && !self.rejections.any();
        StepEnd::Done(result, drained)
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
            // Valid JSON this short cannot nest too deeply.
            if text.len() > 2 * MAX_DEPTH && is_too_deep(text) {
                return Err(Ending::TooDeep);
            }
            Ok(Json::trusted(text.to_owned()))
        });
        taken.unwrap_or(Err(Ending::Thrown(Value::new_null(self.ctx.clone()))))
    }

    /// Runs the jobs that the call left; returns false when some remain.
    fn drain(&self) -> bool {
        if raw::job_pending(self.ctx) {
            self.state.leave(LEFT_OVER_TIME);
        }
        for _ in 0..MAX_LEFT_OVER_JOBS {
            if !raw::job_pending(self.ctx) {
                return true;
            }
            if self.state.stopped().is_some() {
                return false;
            }
            // The call has its result, which an error here does not change.
            if let raw::Job::Threw(thrown) = raw::run_job(self.ctx)
                && self.state.stopped().is_none()
                && !self.handles(&thrown)
            {
                self.log_uncaught(thrown, "Uncaught");
            }
        }
        !raw::job_pending(self.ctx)
    }

    pub(super) fn describe(&self, thrown: Value<'js>) -> Failure {
        let describe = self.entries.describe.clone().restore(self.ctx);
        failure::of_thrown(self.ctx, thrown, describe, self.heap)
    }

    fn failure(&self, ending: Ending<'js>) -> Failure {
        let limits = &self.call.limits;
        if let Some(reason) = self.state.stopped() {
            return reason.failure(limits.timeout);
        }
        let (thrown, is_uncaught) = match ending {
            Ending::Thrown(thrown) => (thrown, false),
            Ending::Uncaught(thrown) => (thrown, true),
            Ending::Pending => (self.ctx.catch(), false),
            ending => return failure::without_error(ending, limits, self.heap),
        };
        let failure = self.describe(thrown);
        // Describing it runs user code: getters, proxies.
        if let Some(reason) = self.state.stopped() {
            return reason.failure(limits.timeout);
        }
        if is_uncaught {
            let text = failure::uncaught(&failure, "Uncaught");
            self.state.log(LogLevel::Error, text);
        }
        failure
    }
}
