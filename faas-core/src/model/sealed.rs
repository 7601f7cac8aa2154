//! Encrypted secrets, as stores keep them. [`crate::secrets`] seals and opens them.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::XNonce;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The length of a key id, in bytes.
pub(crate) const SEAL_KEY_ID_LENGTH: usize = 8;

/// The layout version, stored in the first byte.
pub(crate) const SEAL_VERSION: u8 = 1;
const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

/// An encrypted secret, as a store keeps it. Its bytes are: a version (1), the id of the key (8), a
/// nonce (24), and the encrypted text with its tag (16). Clones share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(crate) Arc<[u8]>);

/// The bytes are not a sealed secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed secret")]
pub struct NotSealed;

/// The parts of a [`Sealed`].
pub(crate) struct SealedParts<'a> {
    pub(crate) key: SealKeyId,
    pub(crate) nonce: XNonce,
    pub(crate) encrypted: &'a [u8],
}

impl Sealed {
    /// Restores a sealed secret from the bytes that [`Sealed::as_bytes`] returned.
    ///
    /// # Errors
    /// When the bytes are malformed.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Result<Self, NotSealed> {
        let sealed = Self(bytes.into());
        sealed.parts().ok_or(NotSealed)?;
        Ok(sealed)
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the id of the key that sealed it.
    pub fn key(&self) -> SealKeyId {
        self.parts()
            .map_or(SealKeyId([0; SEAL_KEY_ID_LENGTH]), |parts| parts.key)
    }

    /// Returns the length of the plain text in bytes.
    pub fn text_len(&self) -> usize {
        let encrypted = self.parts().map_or(0, |parts| parts.encrypted.len());
        encrypted.saturating_sub(TAG_LENGTH)
    }

    pub(crate) fn parts(&self) -> Option<SealedParts<'_>> {
        let (version, rest) = self.0.split_first()?;
        let (key, rest) = rest.split_first_chunk::<SEAL_KEY_ID_LENGTH>()?;
        let (nonce, encrypted) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        let whole = *version == SEAL_VERSION && encrypted.len() >= TAG_LENGTH;
        whole.then_some(SealedParts {
            key: SealKeyId(*key),
            nonce: XNonce::from(*nonce),
            encrypted,
        })
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes, {})", self.text_len(), self.key())
    }
}

impl Serialize for Sealed {
    /// Serializes as base64.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(de::Error::custom)?;
        Self::from_bytes(bytes).map_err(de::Error::custom)
    }
}

/// Identifies a seal key: the beginning of a hash of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealKeyId(pub(crate) [u8; SEAL_KEY_ID_LENGTH]);

impl fmt::Display for SealKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SealKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKeyId({self})")
    }
}
