//! `TextEncoder` and `TextDecoder`.

use encoding_rs::{Decoder, DecoderResult, Encoding};
use parking_lot::Mutex;
use rquickjs::{Ctx, Function, Object, Value};

use super::{Host, add};
use crate::runtime::quickjs::raw;

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "encode", encode)?;
    add(&native, "encodeInto", encode_into)?;
    add(&native, "find", |label: Value<'_>| {
        Some(find(&label)?.name().to_ascii_lowercase())
    })?;
    add(
        &native,
        "decode",
        |label: Value<'_>, bytes: Value<'_>, fatal: bool, keep_bom: bool| {
            let mut decoder = start(find(&label)?, keep_bom);
            decode(&mut decoder, &bytes, fatal, true)
        },
    )?;
    add(&native, "decoder", decoder)?;
    Ok(native)
}

/// Returns the text as a `Uint8Array`.
fn encode<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<Value<'js>> {
    let text = raw::text(&text).ok_or(rquickjs::Error::Allocation)?;
    raw::new_bytes(&ctx, text.as_bytes()).map_err(|_| rquickjs::Error::Exception)
}

/// Writes as many whole characters as there is room for. Returns the UTF-16 code units that were
/// read and the bytes that were written.
fn encode_into(text: Value<'_>, into: Value<'_>) -> Option<Vec<usize>> {
    let text = raw::text(&text)?;
    raw::with_bytes_mut(&into, |into| {
        let mut end = text.len().min(into.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (fits, _) = text.split_at(end);
        if let Some((start, _)) = into.split_at_mut_checked(end) {
            start.copy_from_slice(fits.as_bytes());
        }
        vec![fits.chars().map(char::len_utf16).sum(), end]
    })
    .or_else(|| Some(vec![0, 0]))
}

fn find(label: &Value<'_>) -> Option<&'static Encoding> {
    raw::with_text(label, Encoding::for_label_no_replacement)?
}

fn start(encoding: &'static Encoding, keep_bom: bool) -> Decoder {
    if keep_bom {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    }
}

/// Returns a function that decodes the next bytes of a stream.
fn decoder<'js>(
    ctx: Ctx<'js>,
    label: Value<'js>,
    fatal: bool,
    keep_bom: bool,
) -> rquickjs::Result<Function<'js>> {
    let encoding = find(&label).ok_or(rquickjs::Error::Unknown)?;
    // `None` after the end of the stream.
    let decoder = Mutex::new(Some(start(encoding, keep_bom)));
    Function::new(ctx, move |bytes: Value<'_>, last: bool| {
        let mut decoder = decoder.lock();
        let text = decode(decoder.as_mut()?, &bytes, fatal, last);
        if last || text.is_none() {
            *decoder = None;
        }
        text
    })
}

/// Decodes bytes; `None` if they are invalid and `fatal` is set.
fn decode(decoder: &mut Decoder, bytes: &Value<'_>, fatal: bool, last: bool) -> Option<String> {
    raw::with_bytes(bytes, |bytes| {
        let mut text = String::new();
        if fatal {
            let most = decoder.max_utf8_buffer_length_without_replacement(bytes.len())?;
            text.try_reserve(most).ok()?;
            let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, last);
            (result == DecoderResult::InputEmpty).then_some(text)
        } else {
            let most = decoder.max_utf8_buffer_length(bytes.len())?;
            text.try_reserve(most).ok()?;
            let (_, _, _) = decoder.decode_to_string(bytes, &mut text, last);
            Some(text)
        }
    })?
}
