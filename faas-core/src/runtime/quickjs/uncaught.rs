//! What no code of a function caught: errors of timers and microtasks, and rejected promises. The
//! listeners of the global object are told first; what none of them handles is logged.

use rquickjs::function::IntoArgs;
use rquickjs::{Function, Persistent, Value};

use super::event_loop::Uncaught;
use super::failure;
use super::running::Running;
use crate::model::LogLevel;

impl<'js> Uncaught<'js> for Running<'_, 'js> {
    fn handles(&self, thrown: &Value<'js>) -> bool {
        self.state.stopped().is_none() && self.ask(&self.entries.tell_error, (thrown.clone(),))
    }

    fn tells_rejections(&self) -> bool {
        let tells = self.rejections.any() && self.hears_rejections();
        if tells {
            self.report_rejections();
        }
        tells
    }
}

impl<'js> Running<'_, 'js> {
    /// Tells listeners of the rejections that nothing has handled, and logs those that no listener
    /// handled. Returns false when the call was stopped meanwhile.
    pub(super) fn report_rejections(&self) -> bool {
        let (rejections, more) = self.rejections.take(self.ctx);
        if rejections.is_empty() {
            return true;
        }
        let hears = self.hears_rejections();
        for (promise, reason) in rejections {
            if self.state.stopped().is_some() {
                return false;
            }
            if !(hears && self.tell_rejection(promise, reason.clone())) {
                self.log_uncaught(reason, "Uncaught (in promise)");
            }
        }
        if more > 0 {
            let text = format!("{more} more promises were rejected and not handled");
            self.state.log(LogLevel::Error, text);
        }
        self.state.stopped().is_none()
    }

    /// Logs an error that no code caught.
    pub(super) fn log_uncaught(&self, thrown: Value<'js>, how: &str) {
        let failure = self.describe(thrown);
        self.state
            .log(LogLevel::Error, failure::uncaught(&failure, how));
    }

    fn hears_rejections(&self) -> bool {
        self.ask(&self.entries.hears_rejections, ())
    }

    /// Returns whether a listener handled the rejection.
    fn tell_rejection(&self, promise: Value<'js>, reason: Value<'js>) -> bool {
        self.ask(&self.entries.tell_rejection, (promise, reason))
    }

    /// Calls an entry point that returns a boolean; false if it throws.
    fn ask(&self, entry: &Persistent<Function<'static>>, values: impl IntoArgs<'js>) -> bool {
        let answer = entry.clone().restore(self.ctx);
        answer
            .and_then(|entry| entry.call::<_, bool>(values))
            .unwrap_or_else(|_| {
                drop(self.ctx.catch());
                false
            })
    }
}
