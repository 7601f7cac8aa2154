//! One call in an isolate: loading its program if need be, calling, waiting, taking the result out.

use std::sync::Arc;

use rquickjs::function::This;
use rquickjs::{Ctx, Object, Value};

use super::call_state::CallState;
use super::collisions;
use super::compile::{Compiled, Form};
use super::event_loop::{self, Ending};
use super::failure;
use super::heap::Heap;
use super::isolate::Entries;
use super::raw;
use super::rejections::Rejections;
use crate::model::{Failure, FailureKind, Json, LogLevel, MAX_DEPTH, is_too_deep};
use crate::runtime::Call;

/// How many of the jobs that a call leaves are run after it, so that its isolate can be used again.
/// A call that leaves more, or jobs that add more, costs the isolate.
const MAX_LEFT_OVER_JOBS: usize = 1000;

/// A call in progress.
pub(super) struct Running<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) entries: &'a Entries,
    pub(super) rejections: &'a Rejections,
    pub(super) heap: &'a Heap,
    pub(super) state: &'a Arc<CallState>,
    pub(super) call: &'a Call<'a>,
    pub(super) reads_context: bool,
}

impl<'js> Running<'_, 'js> {
    /// Loads the program if there is one, calls the handler and waits for its result. Returns the
    /// result, and whether the isolate can serve another call: whether nothing of this one is left.
    pub(super) fn run(
        &self,
        program: Option<&Compiled>,
        renamed: bool,
    ) -> (Result<Json, Failure>, bool) {
        let loaded = match program {
            Some(program) => self.load(program),
            None if renamed => self.rename(),
            None => Ok(()),
        };
        let is_loaded = loaded.is_ok();
        let result = loaded
            .and_then(|()| self.invoke())
            .and_then(|value| self.output(&value));
        let (result, mut drained) = match result {
            Ok(output) => (Ok(output), self.drain()),
            Err(ending) => {
                let failure = self.failure(ending);
                let spent = failure.kind != FailureKind::UserError;
                (Err(failure), is_loaded && !spent && self.drain())
            }
        };
        drained &= self.report_rejections();
        (result, drained)
    }

    /// Logs the rejections that nobody has handled; false when the call was stopped meanwhile.
    fn report_rejections(&self) -> bool {
        let (reasons, more) = self.rejections.take(self.ctx);
        if reasons.is_empty() {
            return true;
        }
        for reason in reasons {
            if self.state.stopped().is_some() {
                return false;
            }
            self.log_uncaught(reason, "Uncaught (in promise)");
        }
        if more > 0 {
            let text = format!("{more} more promises were rejected and not handled");
            self.state.log(LogLevel::Error, text);
        }
        self.state.stopped().is_none()
    }

    /// Logs what nobody caught.
    fn log_uncaught(&self, thrown: Value<'js>, how: &str) {
        let failure = self.describe(thrown);
        self.state
            .log(LogLevel::Error, failure::uncaught(&failure, how));
    }

    /// Loads the program into a blank isolate and finds its handler.
    fn load(&self, program: &Compiled) -> Result<(), Ending<'js>> {
        let code = &program.bytecode;
        let handler = match program.form {
            Form::Body | Form::Expression => code.run_script(self.ctx)?,
            Form::Declarations => {
                let setup = code.run_script(self.ctx)?;
                let setup = setup.into_function().ok_or(Ending::Broken)?;
                self.wait(setup.call(())?)?
            }
            Form::CommonJs => {
                let setup = code.run_script(self.ctx)?;
                let setup = setup.into_function().ok_or(Ending::Broken)?;
                let exports = Object::new(self.ctx.clone())?;
                let module = Object::new(self.ctx.clone())?;
                module.set("exports", exports.clone())?;
                self.wait(setup.call((This(exports.clone()), exports, module.clone()))?)?;
                module.get("exports")?
            }
            Form::Module => {
                self.heap.load_module();
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
            self.call.function.1,
            program.reads_context,
            self.call.environment.as_json(),
            program.form.entry(),
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
        if collisions::collide(input) {
            return Err(Ending::Colliding);
        }
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
        let settled = event_loop::settle(self.ctx, &promise, &fire, self.state, self.call.stop);
        // It is this call that handles the promise.
        if settled.is_err() {
            self.rejections.handled(promise.as_value());
        }
        settled
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
            // It is valid, so a short one cannot nest that deep.
            if text.len() > 2 * MAX_DEPTH && is_too_deep(text) {
                return Err(Ending::TooDeep);
            }
            Ok(Json::trusted(text.to_owned()))
        });
        taken.unwrap_or(Err(Ending::Thrown(Value::new_null(self.ctx.clone()))))
    }

    /// Runs the jobs that the call left; false when some remain.
    fn drain(&self) -> bool {
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
            {
                self.log_uncaught(thrown, "Uncaught");
            }
        }
        !raw::job_pending(self.ctx)
    }

    fn failure(&self, ending: Ending<'js>) -> Failure {
        let limits = self.call.limits;
        if let Some(reason) = self.state.stopped() {
            return reason.failure(limits.timeout);
        }
        let (thrown, is_uncaught) = match ending {
            Ending::Thrown(thrown) => (thrown, false),
            Ending::Uncaught(thrown) => (thrown, true),
            Ending::Pending => (self.ctx.catch(), false),
            ending => return self.other_failure(ending),
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

    fn describe(&self, thrown: Value<'js>) -> Failure {
        let describe = self.entries.describe.clone().restore(self.ctx);
        failure::of_thrown(self.ctx, thrown, describe, self.heap)
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
            Ending::Colliding => Failure::new(
                FailureKind::UserError,
                "the input has too many keys whose hashes collide",
            ),
            Ending::Thrown(_) | Ending::Uncaught(_) | Ending::Pending | Ending::Broken => {
                Failure::new(FailureKind::Platform, "the isolate is broken")
            }
        }
    }
}
