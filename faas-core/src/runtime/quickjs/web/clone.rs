//! What `structuredClone` asks of an object.

use rquickjs::{Ctx, Function, Object, Value};

use super::Host;
use crate::runtime::quickjs::raw;

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set(
        "kindOf",
        Function::new(ctx.clone(), |value: Value<'_>| raw::class(&value))?,
    )?;
    Ok(native)
}
