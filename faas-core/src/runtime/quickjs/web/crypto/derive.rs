//! HKDF (RFC 5869) and PBKDF2 (RFC 8018).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rquickjs::{Object, Value};

use super::{Bytes, Hash, Stop, with_hash};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

/// How many iterations of PBKDF2 run before it looks whether the call must end. They take less than
/// a millisecond.
const STRIDE: u32 = 512;

pub(super) fn add_to<'js>(native: &Object<'js>, host: &Host, stop: &Stop) -> rquickjs::Result<()> {
    let heap = host.heap.clone();
    add(
        native,
        "hkdf",
        |hash: Value<'_>, key: Value<'_>, salt: Value<'_>, info: Value<'_>, length: usize| {
            let hash = Hash::named(&hash)?;
            let (key, salt, info) = (raw::bytes(&key)?, raw::bytes(&salt)?, raw::bytes(&info)?);
            // The maximum length of any hash function.
            let mut output = vec![0; length.min(255 * 64)];
            with_hash!(hash, H => Hkdf::<H>::new(Some(&salt), &key).expand(&info, &mut output))
                .ok()?;
            Some(Bytes(output))
        },
    )?;
    let stop = stop.clone();
    add(
        native,
        "pbkdf2",
        move |hash: Value<'_>,
              password: Value<'_>,
              salt: Value<'_>,
              iterations: u32,
              length: usize|
              -> Option<Bytes> {
            let hash = Hash::named(&hash)?;
            let (password, salt) = (raw::bytes(&password)?, raw::bytes(&salt)?);
            // The output is made outside of the heap, and then copied to it.
            let _reserved = heap.keep(length, || ())?;
            pbkdf2(hash, &password, &salt, iterations, length, &stop).map(Bytes)
        },
    )
}

/// Returns the derived bytes; `None` if the call must end.
fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
    stop: &Stop,
) -> Option<Vec<u8>> {
    with_hash!(hash, H => {
        let keyed = Hmac::<H>::new_from_slice(password).ok()?;
        let mut salted = keyed.clone();
        salted.update(salt);
        let mut output = Vec::with_capacity(length);
        let mut block: u32 = 0;
        let mut steps: u32 = 0;
        while output.len() < length {
            block = block.checked_add(1)?;
            let mut mac = salted.clone();
            mac.update(&block.to_be_bytes());
            let mut last = mac.finalize().into_bytes();
            let mut sum = last;
            for _ in 1..iterations {
                let mut mac = keyed.clone();
                mac.update(&last);
                last = mac.finalize().into_bytes();
                for (sum, byte) in sum.iter_mut().zip(&last) {
                    *sum ^= byte;
                }
                steps = steps.wrapping_add(1);
                if steps.is_multiple_of(STRIDE) && stop.is_set() {
                    return None;
                }
            }
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(STRIDE) && stop.is_set() {
                return None;
            }
            output.extend(sum.iter().take(length - output.len()));
        }
        Some(output)
    })
}
