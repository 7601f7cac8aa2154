//! Rejected promises without a handler.
//!
//! QuickJS reports when a promise is rejected without a handler, and when one is added later. The
//! rejections that are left at the end of a call are logged. If code listens for
//! `unhandledrejection`, it is told of them when no job is left, and they are logged then unless it
//! prevents that.

use std::sync::Arc;

use parking_lot::Mutex;
use rquickjs::{Ctx, Persistent, Runtime, Value};

/// The maximum number of rejections kept for one call; further ones are counted.
const MAX_KEPT: usize = 20;

/// The rejections of one isolate. Empty between calls.
#[derive(Default)]
pub(super) struct Rejections(Mutex<Unhandled>);

#[derive(Default)]
struct Unhandled {
    kept: Vec<Rejection>,
    more: u64,
}

struct Rejection {
    promise: Persistent<Value<'static>>,
    reason: Persistent<Value<'static>>,
    identity: usize,
}

#[expect(
    unsafe_code,
    reason = "the steps of an isolate run on different threads"
)]
// SAFETY: the values belong to one isolate. Only its owner uses them, from one thread at a time.
unsafe impl Send for Unhandled {}

impl Rejections {
    /// Tracks the rejections in a runtime.
    pub(super) fn track(runtime: &Runtime) -> Arc<Self> {
        let rejections = Arc::new(Self::default());
        let tracked = rejections.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                if is_handled {
                    tracked.handled(&promise);
                } else {
                    tracked.rejected(&ctx, promise, reason);
                }
            },
        )));
        rejections
    }

    fn rejected<'js>(&self, ctx: &Ctx<'js>, promise: Value<'js>, reason: Value<'js>) {
        let mut unhandled = self.0.lock();
        if unhandled.kept.len() >= MAX_KEPT {
            unhandled.more += 1;
            return;
        }
        unhandled.kept.push(Rejection {
            identity: identity(&promise),
            promise: Persistent::save(ctx, promise),
            reason: Persistent::save(ctx, reason),
        });
    }

    /// This promise is handled after all.
    pub(super) fn handled(&self, promise: &Value<'_>) {
        let mut unhandled = self.0.lock();
        let identity = identity(promise);
        let place = unhandled
            .kept
            .iter()
            .rposition(|kept| kept.identity == identity);
        let taken = match place {
            Some(place) => Some(unhandled.kept.remove(place)),
            None => {
                unhandled.more = unhandled.more.saturating_sub(1);
                None
            }
        };
        drop(unhandled);
        drop(taken);
    }

    /// Returns whether a rejection is kept.
    pub(super) fn any(&self) -> bool {
        !self.0.lock().kept.is_empty()
    }

    /// Takes the promises and reasons that were kept, and the number of further rejections.
    pub(super) fn take<'js>(&self, ctx: &Ctx<'js>) -> (Vec<(Value<'js>, Value<'js>)>, u64) {
        let Unhandled { kept, more } = std::mem::take(&mut *self.0.lock());
        let rejections = kept.into_iter().filter_map(|rejection| {
            let promise = rejection.promise.restore(ctx);
            let reason = rejection.reason.restore(ctx);
            promise.ok().zip(reason.ok())
        });
        (rejections.collect(), more)
    }
}

/// Returns a number that identifies an object while it lives.
#[expect(unsafe_code, reason = "rquickjs has no call for it")]
fn identity(value: &Value<'_>) -> usize {
    // SAFETY: only the address is taken, and only of objects: promises.
    unsafe { rquickjs::qjs::JS_VALUE_GET_PTR(value.as_raw()).addr() }
}
