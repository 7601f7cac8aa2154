//! The Rust side of host calls: `prelude/bindings.js` queues them, this takes them out and delivers
//! the answers.

use std::sync::Arc;

use rquickjs::{Array, Ctx, Exception, Function, Object, Value};

use super::call_state::Current;
use super::collisions;
use super::event_loop::Ending;
use super::prelude::Entries;
use super::raw;
use crate::model::{Json, MAX_DEPTH, is_too_deep};
use crate::runtime::step::{Asked, HostCall, HostReply};
use crate::runtime::{BindingNames, Call, Payload, StreamAction};
use crate::runtime::{EXCHANGE, NETWORK};

/// The code of the error for an argument or a result that exceeds a limit.
const TOO_LARGE: &str = "ERR_TOO_LARGE";

/// The most bytes of a stream that code sends at a time.
const MAX_PIECE: usize = 256 << 10;

/// Makes the network available to `fetch` and the exchange to HTTP calls. If `binds`, puts the other
/// bindings into `context`, which is possible once.
pub(super) fn install<'js>(
    ctx: &Ctx<'js>,
    entries: &Entries,
    bindings: &[BindingNames],
    binds: bool,
) -> Result<(), Ending<'js>> {
    // These two come last, so that the numbers of the others are their places.
    let mut bindings = bindings;
    for (name, property) in [(NETWORK, "network"), (EXCHANGE, "exchange")] {
        if let Some((last, others)) = bindings.split_last()
            && *last.name == *name
        {
            let platform = entries.platform.clone().restore(ctx)?;
            platform.set(property, others.len())?;
            bindings = others;
        }
    }
    if bindings.is_empty() || !binds {
        return Ok(());
    }
    let names: Vec<_> = bindings
        .iter()
        .map(|binding| (&binding.name, &binding.functions))
        .collect();
    let text = serde_json::to_string(&names).map_err(|_| Ending::Broken)?;
    let bind = entries.bind.clone().restore(ctx)?;
    Ok(bind.call((text,))?)
}

/// Takes the calls that the code has queued, as many as may run.
pub(super) fn outgoing<'js>(
    ctx: &Ctx<'js>,
    entries: &Entries,
    call: &Call,
) -> Result<Vec<HostCall>, Ending<'js>> {
    if call.bindings.is_empty() {
        return Ok(Vec::new());
    }
    let outgoing = entries.outgoing.clone().restore(ctx)?;
    let limit = u32::try_from(call.limits.host_calls.max(1)).unwrap_or(u32::MAX);
    let queued: Array<'js> = outgoing.call((f64::from(limit),))?;
    (0..queued.len() / 5)
        .map(|n| {
            let value: Value<'js> = queued.get(5 * n + 4)?;
            let (binding, method): (i32, usize) = (queued.get(5 * n + 1)?, queued.get(5 * n + 2)?);
            let stream: u64 = queued.get(5 * n + 3)?;
            let asked = match usize::try_from(binding) {
                Ok(binding) => Asked::Call {
                    binding,
                    function: method,
                    argument: payload(&value, stream).ok_or(Ending::Pending)?,
                },
                Err(_) => Asked::Stream {
                    stream,
                    action: action(method, &value),
                },
            };
            Ok(HostCall {
                id: queued.get(5 * n)?,
                asked,
            })
        })
        .collect()
}

/// Takes an argument out of the isolate: the stream with this number, unless it is 0.
fn payload(value: &Value<'_>, stream: u64) -> Option<Payload> {
    if stream > 0 {
        return Some(Payload::Stream(stream));
    }
    if let Some(bytes) = raw::bytes(value) {
        return Some(Payload::Bytes(bytes.into()));
    }
    // `JSON.stringify` writes lone surrogates as escapes, so this is valid UTF-8.
    let text = raw::text(value)?;
    Some(Payload::Json(Json::trusted(text)))
}

/// The action with this number in `prelude/bindings.js`.
fn action(number: usize, piece: &Value<'_>) -> StreamAction {
    match number {
        0 => StreamAction::Read,
        1 => StreamAction::Cancel,
        2 => StreamAction::Write(raw::bytes(piece).unwrap_or_default().into()),
        3 => StreamAction::End,
        _ => StreamAction::Abort,
    }
}

/// The kinds of answers in `prelude/bindings.js`.
const VALUE: u8 = 0;
const ERROR: u8 = 1;
const STREAM: u8 = 2;

/// Settles the promises of finished host calls.
pub(super) fn deliver<'js>(
    ctx: &Ctx<'js>,
    entries: &Entries,
    replies: Vec<HostReply>,
) -> Result<(), Ending<'js>> {
    if replies.is_empty() {
        return Ok(());
    }
    let deliver = entries.deliver.clone().restore(ctx)?;
    for HostReply { id, answer } in replies {
        let id = id as f64;
        match answer {
            Ok(Payload::Json(json)) if collisions::collide(json.as_str()) => {
                let message = "the result has too many keys whose hashes collide";
                deliver.call::<_, ()>((id, ERROR, message, TOO_LARGE))?;
            }
            Ok(Payload::Json(json)) => deliver.call::<_, ()>((id, VALUE, json.as_str()))?,
            Ok(Payload::Bytes(bytes)) => {
                let array = raw::new_bytes(ctx, &bytes)?;
                deliver.call::<_, ()>((id, VALUE, array))?;
            }
            Ok(Payload::Stream(number)) => {
                deliver.call::<_, ()>((id, STREAM, number as f64))?;
            }
            Err(error) => deliver.call::<_, ()>((id, ERROR, error.message, &*error.code))?,
        }
    }
    Ok(())
}

/// The host's functions that `prelude/bindings.js` uses.
pub(super) fn host_functions<'js>(
    ctx: &Ctx<'js>,
    current: &Arc<Current>,
) -> rquickjs::Result<Object<'js>> {
    let functions = Object::new(ctx.clone())?;
    functions.set("bytesOf", Function::new(ctx.clone(), bytes_of)?)?;
    let calls = current.clone();
    let part = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>, value: Value<'js>, start: usize| {
            let limit = calls.get().map_or(0, |call| call.host_bytes);
            part(&ctx, &value, start, limit)
        },
    )?;
    functions.set("part", part)?;
    let current = current.clone();
    let check = Function::new(ctx.clone(), move |ctx: Ctx<'js>, value: Value<'js>| {
        let limit = current.get().map_or(0, |call| call.host_bytes);
        check(&ctx, &value, limit)
    })?;
    functions.set("check", check)?;
    Ok(functions)
}

/// Copies the bytes of a `Uint8Array` or `ArrayBuffer` into a new `Uint8Array`; returns `undefined`
/// for anything else.
fn bytes_of<'js>(ctx: Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Value<'js>> {
    match raw::bytes(&value) {
        Some(bytes) => {
            raw::new_bytes(&ctx, &bytes).map_err(|raw::Thrown| rquickjs::Error::Exception)
        }
        None => Ok(Value::new_undefined(ctx)),
    }
}

/// Copies bytes of a `Uint8Array` from `start` on, as many as code may send at a time.
fn part<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    start: usize,
    limit: usize,
) -> rquickjs::Result<Value<'js>> {
    let most = limit.clamp(1, MAX_PIECE);
    let bytes = raw::with_bytes(value, |bytes| {
        let rest = bytes.get(start..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest).to_vec()
    });
    raw::new_bytes(ctx, &bytes.unwrap_or_default())
        .map_err(|raw::Thrown| rquickjs::Error::Exception)
}

/// Returns what is wrong with an argument, as an object with `code` and `message`.
fn check<'js>(ctx: &Ctx<'js>, value: &Value<'js>, limit: usize) -> rquickjs::Result<Value<'js>> {
    let found = match raw::bytes_length(value) {
        Some(length) => Some((length, false)),
        None => raw::with_text(value, |text| {
            let is_deep =
                text.len() > 2 * MAX_DEPTH && std::str::from_utf8(text).is_ok_and(is_too_deep);
            (text.len(), is_deep)
        }),
    };
    let Some((length, is_deep)) = found else {
        return Err(Exception::throw_internal(ctx, "out of memory"));
    };
    let (code, message) = if length > limit {
        let message = format!("has {length} bytes: the limit is {limit} bytes");
        (TOO_LARGE, message)
    } else if is_deep {
        let message = format!("nests deeper than {MAX_DEPTH} levels");
        (TOO_LARGE, message)
    } else {
        return Ok(Value::new_undefined(ctx.clone()));
    };
    let wrong = Object::new(ctx.clone())?;
    wrong.set("code", code)?;
    wrong.set("message", message)?;
    Ok(wrong.into_value())
}
