//! What `node:crypto` needs of the host.

use std::cell::RefCell;

use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, Function, Object, Value};
use subtle::ConstantTimeEq;

use super::digest::{self, State};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

/// The maximum number of random bytes at a time, and the maximum length of a derived key.
const MAX_BYTES: usize = 64 << 20;

/// The maximum memory of a derivation with scrypt, in bytes. It is not part of the isolate's heap.
const MAX_SCRYPT_MEMORY: u64 = 32 << 20;

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "hash", |ctx: Ctx<'js>, name: String| {
        state(&ctx, State::hash(&name))
    })?;
    add(
        &native,
        "hmac",
        |ctx: Ctx<'js>, name: String, key: Value<'js>| {
            state(&ctx, State::hmac(&name, &bytes(&key)?))
        },
    )?;
    add(&native, "random", |ctx: Ctx<'js>, length: f64| {
        random(&ctx, length)
    })?;
    add(&native, "equal", |a: Value<'js>, b: Value<'js>| {
        rquickjs::Result::Ok(bool::from(bytes(&a)?.ct_eq(&bytes(&b)?)))
    })?;
    let current = host.current.clone();
    add(
        &native,
        "pbkdf2",
        move |ctx: Ctx<'js>,
              name: String,
              password: Value<'js>,
              salt: Value<'js>,
              iterations: u32,
              length: usize| {
            let keyed = State::hmac(&name, &bytes(&password)?).ok_or(rquickjs::Error::Unknown)?;
            let salt = bytes(&salt)?;
            let is_stopped = || current.get().is_some_and(|call| call.stopped().is_some());
            let key = (length <= MAX_BYTES)
                .then(|| digest::pbkdf2(&keyed, &salt, iterations, length, is_stopped))
                .flatten();
            match key {
                Some(key) => new_bytes(&ctx, &key),
                None => Err(Exception::throw_range(&ctx, "the key takes too long")),
            }
        },
    )?;
    add(
        &native,
        "scrypt",
        |ctx: Ctx<'js>,
         password: Value<'js>,
         salt: Value<'js>,
         cost: u64,
         block_size: u32,
         parallelization: u32,
         length: usize| {
            let key = scrypt(
                &bytes(&password)?,
                &bytes(&salt)?,
                (cost, block_size, parallelization),
                length,
            );
            key.map(|key| new_bytes(&ctx, &key)).transpose()
        },
    )?;
    Ok(native)
}

/// Makes a function for a hash: `(0, bytes)` adds bytes, `(1)` returns the hash, `(2)` a copy of it.
fn state<'js>(ctx: &Ctx<'js>, state: Option<State>) -> rquickjs::Result<Function<'js>> {
    let state = RefCell::new(Some(state.ok_or(rquickjs::Error::Unknown)?));
    Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>, what: u8, data: Opt<Value<'js>>| -> rquickjs::Result<Value<'js>> {
            let mut state = state.borrow_mut();
            let state_now = state.as_mut().ok_or(rquickjs::Error::Unknown)?;
            match what {
                0 => {
                    let data = data.0.ok_or(rquickjs::Error::Unknown)?;
                    raw::with_bytes(&data, |bytes| state_now.update(bytes))
                        .ok_or(rquickjs::Error::Unknown)?;
                    Ok(Value::new_undefined(ctx))
                }
                1 => {
                    let bytes = state.take().map(State::finish).unwrap_or_default();
                    new_bytes(&ctx, &bytes)
                }
                _ => Ok(self::state(&ctx, Some(state_now.clone()))?.into_value()),
            }
        },
    )
}

fn bytes(value: &Value<'_>) -> rquickjs::Result<Vec<u8>> {
    raw::bytes(value).ok_or(rquickjs::Error::Unknown)
}

fn new_bytes<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> rquickjs::Result<Value<'js>> {
    raw::new_bytes(ctx, bytes).map_err(|_| rquickjs::Error::Exception)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the length is checked to be from zero to a maximum"
)]
fn random<'js>(ctx: &Ctx<'js>, length: f64) -> rquickjs::Result<Value<'js>> {
    if !(0.0..=MAX_BYTES as f64).contains(&length) {
        let message = format!("at most {MAX_BYTES} random bytes can be made at a time");
        return Err(Exception::throw_range(ctx, &message));
    }
    let mut random = vec![0; length as usize];
    getrandom::fill(&mut random)
        .map_err(|_| Exception::throw_message(ctx, "the system has no random numbers"))?;
    new_bytes(ctx, &random)
}

/// Returns `None` for parameters that are invalid or need too much memory.
fn scrypt(
    password: &[u8],
    salt: &[u8],
    (cost, block_size, parallelization): (u64, u32, u32),
    length: usize,
) -> Option<Vec<u8>> {
    let blocks = cost.saturating_add(u64::from(parallelization));
    let memory = u64::from(block_size)
        .saturating_mul(128)
        .saturating_mul(blocks);
    if !cost.is_power_of_two() || memory > MAX_SCRYPT_MEMORY * 2 || length > MAX_BYTES {
        return None;
    }
    let log = u8::try_from(cost.ilog2()).ok()?;
    let parameters = scrypt::Params::new(log, block_size, parallelization).ok()?;
    let mut key = vec![0; length];
    scrypt::scrypt(password, salt, &parameters, &mut key).ok()?;
    Some(key)
}
