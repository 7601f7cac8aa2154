//! The keys that encrypt secrets.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chacha20poly1305::aead::Generate as _;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::model::{SEAL_KEY_ID_LENGTH, SealKeyId};

/// The length of a key, in bytes.
const LENGTH: usize = 32;

/// A key of 32 bytes. It is never printed, and is overwritten when dropped.
///
/// ```
/// use faas_core::secrets::SecretKey;
///
/// let key: SecretKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".parse()?;
/// assert!(!format!("{key:?}").contains("8899"));
/// # Ok::<(), faas_core::secrets::ParseKeyError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey {
    bytes: Zeroizing<[u8; LENGTH]>,
    id: SealKeyId,
}

impl SecretKey {
    /// Creates a key from these bytes, which should be random.
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self::of(Zeroizing::new(bytes))
    }

    /// Generates a random key; `None` when the system returns no random bytes.
    pub fn generate() -> Option<Self> {
        let bytes = <[u8; LENGTH]>::try_generate().ok()?;
        Some(Self::new(bytes))
    }

    fn of(bytes: Zeroizing<[u8; LENGTH]>) -> Self {
        let hash = Sha256::new()
            .chain_update(b"the id of a secret key\0")
            .chain_update(*bytes)
            .finalize();
        let mut id = [0; SEAL_KEY_ID_LENGTH];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Self {
            bytes,
            id: SealKeyId(id),
        }
    }

    /// Returns an id that identifies the key and does not reveal it.
    pub const fn id(&self) -> SealKeyId {
        self.id
    }

    /// Returns the key in hexadecimal.
    pub fn expose_hex(&self) -> Zeroizing<String> {
        // Enough capacity, so that no reallocation leaves a copy behind.
        let mut text = Zeroizing::new(String::with_capacity(2 * LENGTH));
        for byte in &*self.bytes {
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        text
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }
}

/// The text is not a key. The error does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a key of 32 bytes as 64 hexadecimal digits or in base64, for example from `openssl rand -hex 32`"
)]
pub struct ParseKeyError;

impl FromStr for SecretKey {
    type Err = ParseKeyError;

    /// Parses 64 hexadecimal digits, or base64 in either alphabet, with or without padding.
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; LENGTH]);
        if text.len() == 2 * LENGTH {
            let mut digits = text.chars().map(|digit| digit.to_digit(16));
            for byte in &mut *bytes {
                let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                    return Err(ParseKeyError);
                };
                *byte = u8::try_from(high << 4 | low).map_err(|_| ParseKeyError)?;
            }
            return Ok(Self::of(bytes));
        }
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded = [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
            let decoded = GeneralPurpose::new(alphabet, config).decode(text).ok();
            decoded.map(Zeroizing::new)
        });
        let decoded = decoded.ok_or(ParseKeyError)?;
        *bytes = <[u8; LENGTH]>::try_from(decoded.as_slice()).map_err(|_| ParseKeyError)?;
        Ok(Self::of(bytes))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

/// The keys of a host: the first one seals, all of them open. To rotate, put the new key before the
/// old one, and keep the old one until every secret is resealed ([`crate::platform::reseal()`]).
#[derive(Debug, Clone, Default)]
pub struct SecretKeys(Vec<SecretKey>);

impl SecretKeys {
    /// Appends a key.
    pub fn push(&mut self, key: SecretKey) {
        self.0.push(key);
    }

    /// Returns the number of keys.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no key; then nothing can be sealed or opened.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the key that seals.
    pub(crate) fn sealing(&self) -> Option<&SecretKey> {
        self.0.first()
    }

    /// Returns the key with this id.
    pub(super) fn with_id(&self, id: SealKeyId) -> Option<&SecretKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl FromIterator<SecretKey> for SecretKeys {
    fn from_iter<I: IntoIterator<Item = SecretKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl IntoIterator for SecretKeys {
    type Item = SecretKey;
    type IntoIter = std::vec::IntoIter<SecretKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromStr for SecretKeys {
    type Err = ParseKeyError;

    /// Parses one key, or several separated by commas.
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        text.split(',').map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "fbff112233445566778899aabbccddeeff00112233445566778899aabbccddee";

    #[test]
    fn a_key_parses_in_every_supported_form() {
        let key: SecretKey = HEX.parse().unwrap();
        for text in [
            HEX.to_uppercase(),
            format!(" {HEX}\n"),
            "+/8RIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e4=".to_owned(),
            "-_8RIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e4".to_owned(),
        ] {
            let same: SecretKey = text.parse().unwrap();
            assert_eq!((same.bytes(), same.id()), (key.bytes(), key.id()), "{text}");
        }
        assert_eq!(*key.expose_hex(), HEX);
    }

    #[test]
    fn an_invalid_key_is_refused_and_not_repeated() {
        for bad in [
            "",
            "hunter2hunter2",
            &HEX[1..],
            &HEX.replace('f', "g"),
            &"é".repeat(32),
            "+/8RIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM",
        ] {
            let error = bad.parse::<SecretKey>().unwrap_err().to_string();
            assert!(error.contains("openssl rand -hex 32"), "{error}");
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!(format!("{HEX},").parse::<SecretKeys>().is_err());
    }

    #[test]
    fn the_first_of_several_keys_seals() {
        let keys: SecretKeys = format!("{}, {HEX}", "00".repeat(32)).parse().unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.sealing().unwrap().bytes(), &[0; 32]);
    }

    #[test]
    fn generated_keys_differ() {
        let (one, two) = (
            SecretKey::generate().unwrap(),
            SecretKey::generate().unwrap(),
        );
        assert_ne!(one.id(), two.id());
        assert_ne!(one.bytes(), two.bytes());
    }

    #[test]
    fn a_key_is_never_printed() {
        let keys: SecretKeys = HEX.parse().unwrap();
        let shown = format!("{keys:?}");
        assert!(
            !shown.contains("1122") && !shown.contains("17, 34"),
            "{shown}"
        );
    }
}
