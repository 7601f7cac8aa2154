//! Secrets of functions. They are sealed (encrypted) before a store sees them, and opened when
//! their function is loaded.
//!
//! This module has the keys of a host ([`SecretKey`], [`SecretKeys`]) and secrets in plain text
//! ([`SecretText`]). Stores keep a [`Sealed`](crate::model::Sealed). The host provides the keys.
//!
//! Each secret is encrypted with XChaCha20-Poly1305 and a random nonce. The function's id and the
//! secret's name are authenticated too, so a sealed secret does not open under another function or
//! name. The key's id, a hash, is stored with it, so that a missing key can be distinguished from
//! damage.
//!
//! To rotate a key, put a new one before it and reseal all secrets ([`crate::platform::reseal()`]).

mod key;
mod sealed;
mod text;

pub use key::{ParseKeyError, SecretKey, SecretKeys};
pub use sealed::{OpenError, SealError};
pub use text::SecretText;
