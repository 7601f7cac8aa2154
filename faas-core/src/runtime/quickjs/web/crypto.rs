//! `crypto`: the functions behind `crypto.getRandomValues`, `randomUUID` and `crypto.subtle`.
//!
//! A function returns undefined when its input is invalid; `crypto.js` says how it failed. Those that
//! may take long look between their steps whether the call must end. Random numbers come from the
//! operating system each time, so forked isolates have their own.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rquickjs::{Ctx, IntoJs, Object, Value};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use super::{Host, add};
use crate::runtime::quickjs::call_state::Current;
use crate::runtime::quickjs::raw;

mod aes;
mod curves;
mod derive;
mod rsa;

/// Bytes that become a `Uint8Array`.
struct Bytes(Vec<u8>);

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        raw::new_bytes(ctx, &self.0).map_err(|_| rquickjs::Error::Exception)
    }
}

/// A hash function that keys and signatures can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Evaluates an expression with the type of a hash function.
macro_rules! with_hash {
    ($hash:expr, $type:ident => $work:expr) => {
        match $hash {
            $crate::runtime::quickjs::web::crypto::Hash::Sha1 => {
                type $type = sha1::Sha1;
                $work
            }
            $crate::runtime::quickjs::web::crypto::Hash::Sha256 => {
                type $type = sha2::Sha256;
                $work
            }
            $crate::runtime::quickjs::web::crypto::Hash::Sha384 => {
                type $type = sha2::Sha384;
                $work
            }
            $crate::runtime::quickjs::web::crypto::Hash::Sha512 => {
                type $type = sha2::Sha512;
                $work
            }
        }
    };
}
use with_hash;

impl Hash {
    fn named(name: &Value<'_>) -> Option<Self> {
        match raw::text(name)?.as_str() {
            "SHA-1" => Some(Self::Sha1),
            "SHA-256" => Some(Self::Sha256),
            "SHA-384" => Some(Self::Sha384),
            "SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        with_hash!(self, H => {
            let mut mac = Hmac::<H>::new_from_slice(key).ok()?;
            mac.update(data);
            Some(mac.finalize().into_bytes().to_vec())
        })
    }
}

/// Tells whether the current call must end.
#[derive(Clone)]
struct Stop(Arc<Current>);

impl Stop {
    fn is_set(&self) -> bool {
        self.0.get().is_some_and(|call| call.stopped().is_some())
    }
}

/// The random numbers of the operating system. A failure panics: nothing can go on without them.
const fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn random_bytes(length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// The maximum size of a key in bytes that can be generated.
const MAX_RANDOM: usize = 1 << 16;

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let stop = Stop(host.current.clone());
    add(&native, "fill", |array: Value<'_>| {
        raw::with_bytes_mut(&array, |bytes| {
            let bytes = bytes.get_mut(..MAX_RANDOM.min(bytes.len()));
            bytes.is_some_and(|bytes| getrandom::fill(bytes).is_ok())
        })
        .unwrap_or(false)
    })?;
    add(&native, "random", |length: usize| {
        random_bytes(length.min(MAX_RANDOM)).map(Bytes)
    })?;
    add(&native, "uuid", || {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Some(uuid.to_string())
    })?;
    add(&native, "digest", |hash: Value<'_>, data: Value<'_>| {
        let hash = Hash::named(&hash)?;
        raw::with_bytes(&data, |data| Bytes(hash.digest(data)))
    })?;
    add(
        &native,
        "hmac",
        |hash: Value<'_>, key: Value<'_>, data: Value<'_>| {
            let (hash, key) = (Hash::named(&hash)?, raw::bytes(&key)?);
            raw::with_bytes(&data, |data| hash.hmac(&key, data))?.map(Bytes)
        },
    )?;
    add(&native, "equal", |a: Value<'_>, b: Value<'_>| {
        let (a, b) = (raw::bytes(&a)?, raw::bytes(&b)?);
        Some(bool::from(a.as_slice().ct_eq(b.as_slice())))
    })?;
    add(&native, "toBase64Url", |bytes: Value<'_>| {
        raw::with_bytes(&bytes, |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes))
    })?;
    add(&native, "fromBase64Url", |text: Value<'_>| {
        BASE64_URL_SAFE_NO_PAD
            .decode(raw::text(&text)?)
            .ok()
            .map(Bytes)
    })?;
    aes::add_to(&native)?;
    curves::add_to(&native)?;
    derive::add_to(&native, host, &stop)?;
    rsa::add_to(&native, &stop)?;
    Ok(native)
}
