//! Runs what is due until a promise has settled, and checks the deadline before each job and timer,
//! so that nothing that user code schedules can delay it. Never blocks: when nothing is due, the
//! call waits.

use std::time::Duration;

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Promise, Value};

use super::call_state::CallState;
use super::raw::{self, Job, Thrown};
use crate::runtime::StopReason;

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Ending<'js> {
    /// This was thrown.
    Thrown(Value<'js>),
    /// This was thrown in a microtask or a timer, where no code of the function can catch it.
    Uncaught(Value<'js>),
    /// The exception is pending in the context.
    Pending,
    /// The call was stopped, or its deadline has passed.
    Stopped(StopReason),
    /// No job, timer or host call is left that could settle the promise.
    NeverSettles,
    /// The result has this many bytes.
    TooLarge(usize),
    /// The result nests too deeply.
    TooDeep,
    /// The input has keys with colliding hashes.
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

/// What became of a promise.
#[derive(Debug)]
pub(super) enum Settled<'js> {
    /// It was fulfilled with this value.
    Value(Value<'js>),
    /// Nothing is due: the call waits for its next timer, if there is one, or for a host call.
    Waits(Option<Duration>),
}

/// What hears of errors that no code caught.
pub(super) trait Uncaught<'js> {
    /// An error was thrown in a microtask or a timer. Returns whether a listener handled it.
    fn handles(&self, thrown: &Value<'js>) -> bool;

    /// No job is left. Tells the listeners of the promises that were rejected without a handler;
    /// returns whether there were listeners and promises.
    fn tells_rejections(&self) -> bool;
}

/// Runs jobs and timers until `promise` has settled or nothing is due. `fire` is the function of
/// that name in `prelude/main.js`.
pub(super) fn settle<'js>(
    ctx: &Ctx<'js>,
    promise: &Promise<'js>,
    fire: &Function<'js>,
    state: &CallState,
    uncaught: &impl Uncaught<'js>,
) -> Result<Settled<'js>, Ending<'js>> {
    loop {
        match promise.state() {
            PromiseState::Pending => {}
            PromiseState::Resolved | PromiseState::Rejected => {
                return match promise.result() {
                    Some(result) => Ok(Settled::Value(result?)),
                    None => Err(Ending::Broken),
                };
            }
        }
        if let Some(reason) = state.stopped() {
            return Err(Ending::Stopped(reason));
        }
        match raw::run_job(ctx) {
            Job::Ran => continue,
            Job::Threw(thrown) if uncaught.handles(&thrown) => continue,
            Job::Threw(thrown) => return Err(Ending::Uncaught(thrown)),
            Job::None => {}
        }
        if uncaught.tells_rejections() {
            continue;
        }
        let until_next: f64 = match fire.call((state.now_ms(),)).map_err(Ending::from) {
            Ok(until_next) => until_next,
            Err(Ending::Pending) => {
                let thrown = ctx.catch();
                if uncaught.handles(&thrown) {
                    continue;
                }
                return Err(Ending::Uncaught(thrown));
            }
            Err(ending) => return Err(ending),
        };
        if until_next == 0.0 || raw::job_pending(ctx) {
            continue;
        }
        if until_next > 0.0 {
            let pause = Duration::try_from_secs_f64(until_next / 1000.0).unwrap_or(Duration::MAX);
            return Ok(Settled::Waits(Some(pause)));
        }
        // The two other results of `fire`: only host calls are left, or nothing.
        if until_next < -1.0 {
            return Ok(Settled::Waits(None));
        }
        return Err(Ending::NeverSettles);
    }
}
