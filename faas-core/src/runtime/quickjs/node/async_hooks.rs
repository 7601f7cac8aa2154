//! What `node:async_hooks` needs of the host: it hears of new and fulfilled promises.

use rquickjs::{Ctx, Function, Object};

use crate::runtime::quickjs::promise_listeners;
use crate::runtime::quickjs::web::{Host, add};

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let listeners = host.promise_listeners.clone();
    add(
        &native,
        "track",
        move |ctx: Ctx<'js>, created: Function<'js>, fulfilled: Function<'js>| {
            promise_listeners::track(&ctx, &listeners, created, fulfilled);
        },
    )?;
    Ok(native)
}
