//! Waits for a promise: runs jobs and timers, and checks the deadline before each, so that nothing
//! that user code schedules can delay it.

use std::time::Duration;

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Promise, Value};

use super::call_state::CallState;
use super::raw::{self, Job, Thrown};
use crate::runtime::{StopReason, StopSignal};

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Ending<'js> {
    /// This was thrown.
    Thrown(Value<'js>),
    /// This was thrown where no code of the function's can catch it: in a microtask or a timer.
    Uncaught(Value<'js>),
    /// The exception waits in the context.
    Pending,
    /// The call was stopped, or its time is up.
    Stopped(StopReason),
    /// No job and no timer is left that could settle the promise.
    NeverSettles,
    /// The result has so many bytes.
    TooLarge(usize),
    /// The result nests too deeply.
    TooDeep,
    /// The input has keys that collide.
    Colliding,
    /// A part of the platform's own JavaScript is missing or of the wrong type.
    Broken,
}

impl From<Thrown> for Ending<'_> {
    fn from(_: Thrown) -> Self {
        Self::Pending
    }
}

impl From<rquickjs::Error> for Ending<'_> {
    fn from(error: rquickjs::Error) -> Self {
        match error {
            rquickjs::Error::Exception | rquickjs::Error::Allocation => Self::Pending,
            _ => Self::Broken,
        }
    }
}

/// Runs jobs and timers until `promise` has settled and returns its value.
pub(super) fn settle<'js>(
    ctx: &Ctx<'js>,
    promise: &Promise<'js>,
    fire: &Function<'js>,
    state: &CallState,
    stop: &StopSignal,
) -> Result<Value<'js>, Ending<'js>> {
    loop {
        match promise.state() {
            PromiseState::Pending => {}
            PromiseState::Resolved | PromiseState::Rejected => {
                return match promise.result() {
                    Some(result) => Ok(result?),
                    None => Err(Ending::Broken),
                };
            }
        }
        if let Some(reason) = state.stopped() {
            return Err(Ending::Stopped(reason));
        }
        match raw::run_job(ctx) {
            Job::Ran => continue,
            Job::Threw(thrown) => return Err(Ending::Uncaught(thrown)),
            Job::None => {}
        }
        let until_next: f64 =
            fire.call((state.now_ms(),))
                .map_err(|error| match Ending::from(error) {
                    Ending::Pending => Ending::Uncaught(ctx.catch()),
                    ending => ending,
                })?;
        if until_next < 0.0 && !raw::job_pending(ctx) {
            return Err(Ending::NeverSettles);
        }
        if until_next > 0.0 {
            let pause = Duration::try_from_secs_f64(until_next / 1000.0).unwrap_or(Duration::MAX);
            stop.wait(pause.min(state.left()));
        }
    }
}
