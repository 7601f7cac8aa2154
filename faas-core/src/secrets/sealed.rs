//! Seals and opens secrets.

use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::key::{SecretKey, SecretKeys};
use super::text::SecretText;
use crate::model::{FunctionId, SEAL_VERSION, SealKeyId, Sealed};

/// Why a secret cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The host has no key.
    #[error("no secret key is configured")]
    NoKey,
    /// The system returned no random bytes.
    #[error("the system returned no random bytes")]
    NoRandomness,
}

/// Why a sealed secret cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The host has no key.
    #[error("no secret key is configured")]
    NoKey,
    /// None of the host's keys is the one that sealed the secret.
    #[error("sealed with the secret key {0}, which is not configured")]
    OtherKey(SealKeyId),
    /// The key is known, but the sealed secret was changed, or belongs to another function or name.
    #[error("damaged, or sealed for another function or name")]
    Damaged,
}

impl SecretKeys {
    /// Seals `text` as the secret `name` of `function`.
    ///
    /// # Errors
    /// When there is no key, or the system returns no random bytes.
    pub fn seal(
        &self,
        function: FunctionId,
        name: &str,
        text: &SecretText,
    ) -> Result<Sealed, SealError> {
        let key = self.sealing().ok_or(SealError::NoKey)?;
        let nonce = XNonce::try_generate().map_err(|_| SealError::NoRandomness)?;
        let bound = bound_to(function, name);
        let payload = Payload {
            msg: text.expose().as_bytes(),
            aad: &bound,
        };
        // Fails only for a text of 256 GiB.
        let encrypted = cipher(key).encrypt(&nonce, payload);
        let encrypted = encrypted.map_err(|_| SealError::NoRandomness)?;
        let bytes = [&[SEAL_VERSION], &key.id().0[..], &nonce, &encrypted].concat();
        Ok(Sealed(bytes.into()))
    }

    /// Opens the secret `name` of `function`.
    ///
    /// # Errors
    /// When the key is missing, or `sealed` was not sealed for this function and name.
    pub fn open(
        &self,
        function: FunctionId,
        name: &str,
        sealed: &Sealed,
    ) -> Result<SecretText, OpenError> {
        if self.is_empty() {
            return Err(OpenError::NoKey);
        }
        let parts = sealed.parts().ok_or(OpenError::Damaged)?;
        let key = self.with_id(parts.key);
        let key = key.ok_or(OpenError::OtherKey(parts.key))?;
        let bound = bound_to(function, name);
        let payload = Payload {
            msg: parts.encrypted,
            aad: &bound,
        };
        let text = cipher(key).decrypt(&parts.nonce, payload);
        let text = Zeroizing::new(text.map_err(|_| OpenError::Damaged)?);
        let text = std::str::from_utf8(&text).map_err(|_| OpenError::Damaged)?;
        Ok(SecretText::from(text))
    }
}

fn cipher(key: &SecretKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// The authenticated data. The id has a fixed length, so different pairs never give the same bytes.
fn bound_to(function: FunctionId, name: &str) -> Vec<u8> {
    let id = function.as_u128().to_be_bytes();
    [b"secret of a function\0", &id[..], name.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::NotSealed;

    const FUNCTION: FunctionId = FunctionId::from_u128(7);

    fn keys(bytes: &[u8]) -> SecretKeys {
        bytes
            .iter()
            .map(|byte| SecretKey::new([*byte; 32]))
            .collect()
    }

    proptest! {
        #[test]
        fn any_text_round_trips(text in ".{0,200}", name in "[A-Z_]{1,20}") {
            let keys = keys(&[1]);
            let sealed = keys.seal(FUNCTION, &name, &text.as_str().into()).unwrap();
            prop_assert_eq!(sealed.text_len(), text.len());
            let kept = Sealed::from_bytes(sealed.as_bytes()).unwrap();
            let opened = keys.open(FUNCTION, &name, &kept).unwrap();
            prop_assert_eq!(opened.expose(), text);
        }
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time_and_never_in_plain_text() {
        let keys = keys(&[1]);
        let text = SecretText::from("hunter2-hunter2-hunter2");
        let one = keys.seal(FUNCTION, "A", &text).unwrap();
        let two = keys.seal(FUNCTION, "A", &text).unwrap();
        assert_ne!(one, two);
        let shown = format!("{one:?} {text:?} {}", serde_json::to_string(&one).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        let bytes = one.as_bytes();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    }

    #[test]
    fn a_sealed_secret_opens_only_unchanged_and_for_its_function_and_name() {
        let keys = keys(&[1]);
        let sealed = keys.seal(FUNCTION, "A", &"x".into()).unwrap();
        let other = FunctionId::from_u128(8);
        let damaged = OpenError::Damaged;
        assert_eq!(keys.open(other, "A", &sealed).unwrap_err(), damaged);
        assert_eq!(keys.open(FUNCTION, "B", &sealed).unwrap_err(), damaged);
        for at in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[at] ^= 1;
            let opened = Sealed::from_bytes(bytes).map(|one| keys.open(FUNCTION, "A", &one));
            assert!(!matches!(opened, Ok(Ok(_))), "byte {at}");
        }
    }

    #[test]
    fn a_missing_key_is_distinguished_from_damage() {
        let sealed = keys(&[1]).seal(FUNCTION, "A", &"x".into()).unwrap();
        let none = keys(&[]).open(FUNCTION, "A", &sealed);
        assert_eq!(none.unwrap_err(), OpenError::NoKey);
        let other = keys(&[2]).open(FUNCTION, "A", &sealed);
        let id = SecretKey::new([1; 32]).id();
        assert_eq!(other.unwrap_err(), OpenError::OtherKey(id));
        let nothing = keys(&[]).seal(FUNCTION, "A", &"x".into());
        assert_eq!(nothing.unwrap_err(), SealError::NoKey);
    }

    #[test]
    fn after_a_key_rotation_both_keys_open_and_the_new_one_seals() {
        let old = keys(&[1]).seal(FUNCTION, "A", &"x".into()).unwrap();
        let both = keys(&[2, 1]);
        assert_eq!(both.open(FUNCTION, "A", &old).unwrap().expose(), "x");
        let new = both.seal(FUNCTION, "A", &"y".into()).unwrap();
        assert_eq!(keys(&[2]).open(FUNCTION, "A", &new).unwrap().expose(), "y");
    }

    #[test]
    fn truncated_bytes_and_later_versions_are_refused() {
        let sealed = keys(&[1]).seal(FUNCTION, "A", &"".into()).unwrap();
        let bytes = sealed.as_bytes();
        assert!(Sealed::from_bytes(bytes).is_ok());
        assert_eq!(Sealed::from_bytes(&bytes[1..]), Err(NotSealed));
        assert_eq!(Sealed::from_bytes([]), Err(NotSealed));
        let later = [&[2], &bytes[1..]].concat();
        assert_eq!(Sealed::from_bytes(later), Err(NotSealed));
    }
}
