//! What `node:process` needs of the host.

use rquickjs::{Ctx, Object};

use crate::runtime::quickjs::web::{Host, add};

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let heap = host.heap.clone();
    add(&native, "memory", move || heap.used())?;
    let current = host.current.clone();
    add(&native, "now", move || {
        current.get().map_or(0.0, |call| call.now_ms())
    })?;
    Ok(native)
}
