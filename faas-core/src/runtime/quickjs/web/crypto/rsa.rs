//! RSA: RSASSA-PKCS1-v1_5, RSA-PSS and RSA-OAEP (RFC 8017).
//!
//! A private key is its PKCS#8, a public key its SubjectPublicKeyInfo.

use std::num::NonZeroU32;

use crypto_bigint::{BitOps as _, BoxedUint, RandomBits as _};
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use rquickjs::{Object, Value};
use rsa::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{Oaep, Pkcs1v15Sign, PrivateKey, Pss, PublicKey};

use super::{Bytes, Hash, Stop, random, with_hash};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::add;

/// The sizes of a modulus in bits that can be generated. Finding the primes of a larger one may take
/// a minute.
const SIZES: std::ops::RangeInclusive<u32> = 1024..=4096;

pub(super) fn add_to(native: &Object<'_>, stop: &Stop) -> rquickjs::Result<()> {
    let stop = stop.clone();
    add(
        native,
        "rsaCanGenerate",
        |bits: u32, exponent: Value<'_>| -> Option<bool> {
            Some(read_exponent(bits, &raw::bytes(&exponent)?).is_some())
        },
    )?;
    add(
        native,
        "rsaGenerate",
        move |bits: u32, exponent: Value<'_>| -> Option<Bytes> {
            let exponent = raw::bytes(&exponent)?;
            private_bytes(&generate(bits, &exponent, &stop)?)
        },
    )?;
    add(native, "rsaPublic", |key: Value<'_>| {
        public_bytes(&private(&key)?.to_public_key())
    })?;
    add(native, "rsaFromPkcs8", |key: Value<'_>| {
        private_bytes(&private(&key)?)
    })?;
    add(native, "rsaFromSpki", |key: Value<'_>| {
        public_bytes(&public(&key)?)
    })?;
    add(native, "rsaParts", |key: Value<'_>| parts(&key))?;
    add(native, "rsaFromParts", |parts: Vec<Value<'_>>| {
        from_parts(&parts)
    })?;
    add(
        native,
        "rsaSign",
        |key: Value<'_>, hash: Value<'_>, salt: Value<'_>, data: Value<'_>| {
            let (key, hash) = (private(&key)?, Hash::named(&hash)?);
            let digest = raw::with_bytes(&data, |data| hash.digest(data))?;
            let mut rng = random();
            with_hash!(hash, H => match salt_length(&salt) {
                Some(salt) => key.sign_with_rng(
                    &mut rng,
                    Pss::<H>::new_blinded_with_salt(salt),
                    &digest,
                ),
                None => key.sign_with_rng(&mut rng, Pkcs1v15Sign::new::<H>(), &digest),
            })
            .ok()
            .map(Bytes)
        },
    )?;
    add(
        native,
        "rsaVerify",
        |key: Value<'_>,
         hash: Value<'_>,
         salt: Value<'_>,
         signature: Value<'_>,
         data: Value<'_>| {
            let (key, hash) = (public(&key)?, Hash::named(&hash)?);
            let signature = raw::bytes(&signature)?;
            let digest = raw::with_bytes(&data, |data| hash.digest(data))?;
            let verified = with_hash!(hash, H => match salt_length(&salt) {
                Some(salt) => key.verify(Pss::<H>::new_with_salt(salt), &digest, &signature),
                None => key.verify(Pkcs1v15Sign::new::<H>(), &digest, &signature),
            });
            Some(verified.is_ok())
        },
    )?;
    add(
        native,
        "rsaEncrypt",
        |key: Value<'_>, hash: Value<'_>, label: Value<'_>, data: Value<'_>| {
            let (key, hash) = (public(&key)?, Hash::named(&hash)?);
            let (label, data) = (raw::bytes(&label)?, raw::bytes(&data)?);
            let mut rng = random();
            with_hash!(hash, H => key.encrypt(&mut rng, Oaep::<H>::new_with_label(label), &data))
                .ok()
                .map(Bytes)
        },
    )?;
    add(
        native,
        "rsaDecrypt",
        |key: Value<'_>, hash: Value<'_>, label: Value<'_>, data: Value<'_>| {
            let (key, hash) = (private(&key)?, Hash::named(&hash)?);
            let (label, data) = (raw::bytes(&label)?, raw::bytes(&data)?);
            let mut rng = random();
            with_hash!(hash, H => key.decrypt_blinded(
                &mut rng,
                Oaep::<H>::new_with_label(label),
                &data,
            ))
            .ok()
            .map(Bytes)
        },
    )
}

/// The length of the salt of RSA-PSS; `None` for RSASSA-PKCS1-v1_5. No signature has room for more
/// than the modulus.
fn salt_length(salt: &Value<'_>) -> Option<usize> {
    let salt = salt.as_number()?;
    Some((salt as usize).min(1 << 20))
}

fn private(key: &Value<'_>) -> Option<PrivateKey> {
    raw::with_bytes(key, |der| PrivateKey::from_pkcs8_der(der).ok())?
}

fn public(key: &Value<'_>) -> Option<PublicKey> {
    raw::with_bytes(key, |der| PublicKey::from_public_key_der(der).ok())?
}

fn private_bytes(key: &PrivateKey) -> Option<Bytes> {
    Some(Bytes(key.to_pkcs8_der().ok()?.as_bytes().to_vec()))
}

fn public_bytes(key: &PublicKey) -> Option<Bytes> {
    Some(Bytes(key.to_public_key_der().ok()?.as_bytes().to_vec()))
}

fn trimmed(number: &BoxedUint) -> Bytes {
    Bytes(number.to_be_bytes_trimmed_vartime().into_vec())
}

/// Returns the numbers of a key as a JWK has them: n, e and, of a private key, d, p, q, dp, dq and
/// qi.
fn parts(key: &Value<'_>) -> Option<Vec<Bytes>> {
    if let Some(key) = public(key) {
        return Some(vec![trimmed(key.n()), trimmed(key.e())]);
    }
    let key = private(key)?;
    Some(vec![
        trimmed(key.n()),
        trimmed(key.e()),
        trimmed(key.d()),
        trimmed(key.primes().first()?),
        trimmed(key.primes().get(1)?),
        trimmed(key.dp()?),
        trimmed(key.dq()?),
        trimmed(&key.crt_coefficient()?),
    ])
}

/// Makes a key from n and e, or from n, e, d, p and q.
fn from_parts(parts: &[Value<'_>]) -> Option<Bytes> {
    let number = |index: usize| {
        raw::with_bytes(parts.get(index)?, |bytes| {
            let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
            let within = bytes.len() <= PublicKey::MAX_SIZE / 8 && bits > 0;
            within.then(|| BoxedUint::from_be_slice(bytes, bits).ok())?
        })?
    };
    if parts.len() < 5 {
        return public_bytes(&PublicKey::new(number(0)?, number(1)?).ok()?);
    }
    let primes = vec![number(3)?, number(4)?];
    let key = PrivateKey::from_components(number(0)?, number(1)?, number(2)?, primes);
    private_bytes(&key.ok()?)
}

/// Reads the exponent of a key to generate; `None` if it or the size is invalid.
fn read_exponent(bits: u32, exponent: &[u8]) -> Option<u64> {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
    let significant = exponent.get(zeros..).filter(|rest| rest.len() <= 8)?;
    let value = significant
        .iter()
        .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    let range = 3..=PublicKey::MAX_PUB_EXPONENT;
    let is_valid = SIZES.contains(&bits) && range.contains(&value) && !value.is_multiple_of(2);
    is_valid.then_some(value)
}

/// Generates a private key; `None` if the size or the exponent is invalid or the call must end.
fn generate(bits: u32, exponent: &[u8], stop: &Stop) -> Option<PrivateKey> {
    let exponent = BoxedUint::from(read_exponent(bits, exponent)?);
    // Primes that do not fit the exponent, or are too close, are rare.
    for _ in 0..1000 {
        let p = prime(bits.div_ceil(2), stop)?;
        let q = prime(bits / 2, stop)?;
        if p == q {
            continue;
        }
        if let Ok(key) = PrivateKey::from_p_q(p, q, exponent.clone())
            && key.n().bit_width_vartime() == bits
        {
            return Some(key);
        }
    }
    None
}

/// Returns a prime whose first two bits are set, so that the product of two has all of their bits.
fn prime(bits: u32, stop: &Stop) -> Option<BoxedUint> {
    let mut rng = random();
    loop {
        let mut start = BoxedUint::random_bits(&mut rng, bits);
        start.set_bit_vartime(0, true);
        start.set_bit_vartime(bits - 1, true);
        start.set_bit_vartime(bits - 2, true);
        for candidate in SmallFactorsSieve::new(start, NonZeroU32::new(bits)?, false).ok()? {
            if stop.is_set() {
                return None;
            }
            if is_prime(Flavor::Any, &candidate) {
                return Some(candidate);
            }
        }
    }
}
