//! `atob` and `btoa`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rquickjs::{Ctx, Function, Object, Value};

use super::Host;
use crate::runtime::quickjs::raw;

/// Forgiving Base64, of which the padding was removed.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set(
        "decode",
        Function::new(ctx.clone(), |text: Value<'_>| decode(&raw::text(&text)?))?,
    )?;
    native.set(
        "encode",
        Function::new(ctx.clone(), |text: Value<'_>| encode(&raw::text(&text)?))?,
    )?;
    Ok(native)
}

/// Returns a text with a character for each byte; `None` if `text` is not Base64. Implements
/// <https://infra.spec.whatwg.org/#forgiving-base64-decode>.
fn decode(text: &str) -> Option<String> {
    let mut digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            digits.pop_if(|last| *last == b'=');
        }
    }
    let bytes = FORGIVING.decode(digits).ok()?;
    Some(bytes.into_iter().map(char::from).collect())
}

/// Returns the Base64 of a text with a character for each byte; `None` if a character is no byte.
fn encode(text: &str) -> Option<String> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    Some(base64::prelude::BASE64_STANDARD.encode(bytes.ok()?))
}
