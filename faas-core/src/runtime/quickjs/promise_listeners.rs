//! Tells JavaScript of each new and each fulfilled promise, for `node:async_hooks`. Costs nothing until
//! code asks for it.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use parking_lot::Mutex;
use rquickjs::{Ctx, Function, Persistent, Value, qjs};

/// What is told of promises while code tracks them: each new promise, and each one that is
/// fulfilled, before its reactions are queued.
#[derive(Default)]
pub(super) struct PromiseListeners(Mutex<Option<Functions>>);

/// The listeners for new and for fulfilled promises.
struct Functions([Persistent<Function<'static>>; 2]);

#[expect(
    unsafe_code,
    reason = "the steps of an isolate run on different threads"
)]
// SAFETY: the functions belong to one isolate. Only its owner uses them, from one thread at a time.
unsafe impl Send for Functions {}

impl PromiseListeners {
    /// Drops the functions, which must not outlive their runtime.
    pub(super) fn clear(&self) {
        *self.0.lock() = None;
    }
}

/// Calls `created` and `fulfilled` with each promise from now on. `listeners` must live as long as
/// the runtime.
#[expect(unsafe_code, reason = "rquickjs would lock the runtime again")]
pub(super) fn track<'js>(
    ctx: &Ctx<'js>,
    listeners: &Arc<PromiseListeners>,
    created: Function<'js>,
    fulfilled: Function<'js>,
) {
    let functions = [created, fulfilled].map(|function| Persistent::save(ctx, function));
    *listeners.0.lock() = Some(Functions(functions));
    // SAFETY: `ctx` holds the runtime's lock. The isolate owns the listeners, and drops them after
    // its runtime.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        let opaque = Arc::as_ptr(listeners).cast_mut().cast();
        qjs::JS_SetPromiseHook(runtime, Some(tell_listeners), opaque);
    }
}

/// # Safety
/// `listeners` must be a [`PromiseListeners`], and `ctx` a context of rquickjs that is in use.
#[expect(unsafe_code, reason = "QuickJS calls this")]
unsafe extern "C" fn tell_listeners(
    ctx: *mut qjs::JSContext,
    kind: qjs::JSPromiseHookType,
    promise: qjs::JSValue,
    _parent: qjs::JSValue,
    listeners: *mut c_void,
) {
    let number = match kind {
        qjs::JSPromiseHookType_JS_PROMISE_HOOK_INIT => 0,
        qjs::JSPromiseHookType_JS_PROMISE_HOOK_RESOLVE => 1,
        _ => return,
    };
    let (Some(ctx), Some(listeners)) = (NonNull::new(ctx), NonNull::new(listeners)) else {
        return;
    };
    let tell = AssertUnwindSafe(|| {
        // SAFETY: by this function's own contract. The value is borrowed, so its reference is
        // duplicated.
        let (ctx, promise, listeners) = unsafe {
            let promise = qjs::JS_DupValue(ctx.as_ptr(), promise);
            let ctx = Ctx::from_raw(ctx);
            let promise = Value::from_raw(ctx.clone(), promise);
            (ctx, promise, listeners.cast::<PromiseListeners>().as_ref())
        };
        // The lock is released before the call, which can lead here again.
        let function = listeners
            .0
            .lock()
            .as_ref()
            .and_then(|all| all.0.get(number).cloned());
        if let Some(function) = function.and_then(|function| function.restore(&ctx).ok())
            && function.call::<_, ()>((promise,)).is_err()
        {
            // Memory is out, or the call was stopped; both are noticed elsewhere.
            drop(ctx.catch());
        }
    });
    drop(catch_unwind(tell));
}
