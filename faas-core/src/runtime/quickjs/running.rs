//! One call in an isolate: loading its program if need be, calling, waiting, taking the result out.

use std::sync::Arc;

use rquickjs::function::This;
use rquickjs::{Ctx, Object, Value};

use super::call_state::CallState;
use super::compile::{Compiled, Form};
use super::event_loop::{self, Ending};
use super::failure;
use super::heap::Heap;
use super::isolate::Entries;
use super::raw;
use crate::model::{Failure, FailureKind, Json, MAX_DEPTH, is_too_deep};
use crate::runtime::Call;

/// Jobs that a call may leave behind and that are still run, so that its isolate can be used
/// again. One that leaves more, or ones that make more, costs its isolate.
const MAX_LEFT_OVER_JOBS: usize = 1000;

/// A call in progress.
pub(super) struct Running<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) entries: &'a Entries,
    pub(super) heap: &'a Heap,
    pub(super) state: &'a Arc<CallState>,
    pub(super) call: &'a Call<'a>,
    pub(super) reads_context: bool,
}

impl<'js> Running<'_, 'js> {
    /// Loads the program if there is one, calls the handler and waits for its result. Returns it,
    /// and whether nothing of the call goes on in the isolate.
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
        match result {
            Ok(output) => (Ok(output), self.drain()),
            Err(ending) => {
                let failure = self.failure(ending);
                let spent = failure.kind != FailureKind::UserError;
                (Err(failure), is_loaded && !spent && self.drain())
            }
        }
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
            // It is valid, so a short one cannot nest that deep.
            if text.len() > 2 * MAX_DEPTH && is_too_deep(text) {
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
