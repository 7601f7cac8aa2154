//! The text of a key: `faas_<id>_<secret>`, both parts in lower-case hex.
//!
//! The text needs no escaping in a header, a subprotocol or a shell. Its prefix lets scanners find
//! leaked keys.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::{ApiKey, KeyHash, KeyId};

const PREFIX: &str = "faas_";
/// Digits of the id.
const ID: usize = 32;
/// Digits of the secret: 256 bits.
const SECRET: usize = 64;

/// The text of a new key. It is shown once and not stored.
pub struct KeyText(String);

impl KeyText {
    /// Returns the text. Show it only to the caller who created the key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText")
    }
}

/// Makes the text of a new key with a random secret, and the hash to store.
///
/// # Errors
/// When the system returns no random bytes.
pub(super) fn generate(id: KeyId) -> Result<(KeyText, KeyHash), getrandom::Error> {
    let mut bytes = [0; SECRET / 2];
    getrandom::fill(&mut bytes)?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = hash(&secret);
    let text = format!("{PREFIX}{:032x}_{secret}", id.as_u128());
    Ok((KeyText(text), hash))
}

/// Splits a key's text into id and secret; `None` when the text is malformed.
pub(super) fn parse(text: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex = |text: &str| {
        let mut digits = text.bytes();
        digits.all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
    };
    if id.len() != ID || secret.len() != SECRET || !is_hex(id) || !is_hex(secret) {
        return None;
    }
    let id = u128::from_str_radix(id, 16).ok()?;
    Some((KeyId::from_u128(id), secret))
}

/// Compares in constant time whether `secret` belongs to `key`.
pub(super) fn is_of(secret: &str, key: &ApiKey) -> bool {
    hash(secret).0.ct_eq(&key.hash.0).into()
}

fn hash(secret: &str) -> KeyHash {
    KeyHash(Sha256::digest(secret.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_parses_back_and_every_key_is_unique() {
        let id = KeyId::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        let (one, of_one) = generate(id).unwrap();
        let (other, of_other) = generate(id).unwrap();
        let (read, secret) = parse(one.expose()).unwrap();
        assert_eq!((read, hash(secret)), (id, of_one));
        assert!(
            one.expose()
                .starts_with("faas_01890a5dac96774bbcceb302099a8057_")
        );
        assert!(one.expose() != other.expose() && of_one != of_other);
        assert!(!format!("{one:?} {of_one:?}").contains(secret));
    }

    #[test]
    fn a_malformed_key_is_rejected() {
        let (good, _) = generate(KeyId::from_u128(7)).unwrap();
        let good = good.expose();
        for bad in [
            "",
            "faas_",
            "faas__",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}0"),
            &good.to_uppercase(),
            &good.replace('_', "-"),
            &good.replacen('0', "+", 1),
            &format!("{} ", &good[..good.len() - 1]),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
