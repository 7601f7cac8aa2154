//! Text and bytes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rquickjs::{Ctx, Function, Object, Value};

use super::Host;
use crate::runtime::quickjs::raw;

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("encode", Function::new(ctx.clone(), encode)?)?;
    native.set(
        "decode",
        Function::new(ctx.clone(), |bytes: Value<'_>| {
            raw::bytes(&bytes).map(|bytes| decode(&bytes))
        })?,
    )?;
    native.set(
        "utf8",
        Function::new(ctx.clone(), |bytes: Value<'_>| {
            String::from_utf8(raw::bytes(&bytes)?).ok()
        })?,
    )?;
    native.set(
        "base64",
        Function::new(ctx.clone(), |bytes: Value<'_>| {
            raw::bytes(&bytes).map(|bytes| BASE64_STANDARD.encode(bytes))
        })?,
    )?;
    native.set("unbase64", Function::new(ctx.clone(), unbase64)?)?;
    native.set(
        "latin1",
        Function::new(ctx.clone(), |bytes: Value<'_>| {
            raw::bytes(&bytes).map(|bytes| bytes.into_iter().map(char::from).collect::<String>())
        })?,
    )?;
    Ok(native)
}

/// Returns a `Uint8Array` with the text in UTF-8.
fn encode<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<Value<'js>> {
    let text = raw::text(&text).ok_or(rquickjs::Error::Unknown)?;
    raw::new_bytes(&ctx, text.as_bytes()).map_err(|raw::Thrown| rquickjs::Error::Exception)
}

/// Returns a `Uint8Array` of what the Base64 text stands for; `undefined` if it is none.
fn unbase64<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<Value<'js>> {
    let bytes = raw::text(&text).and_then(|text| BASE64_STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) => {
            raw::new_bytes(&ctx, &bytes).map_err(|raw::Thrown| rquickjs::Error::Exception)
        }
        None => Ok(Value::new_undefined(ctx)),
    }
}

/// Returns the text of UTF-8 without a byte order mark; U+FFFD replaces what is invalid.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}
