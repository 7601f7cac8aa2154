//! Secrets of functions: sealed before a store sees them, opened when their function is loaded.
//!
//! Owns the keys of a host ([`SecretKey`], [`SecretKeys`]), a secret on its way in or out
//! ([`SecretText`]) and what is kept of it ([`Sealed`](crate::model::Sealed)). Where keys come from is the host's business,
//! where sealed secrets go the stores'.
//!
//! Each secret is sealed by XChaCha20-Poly1305 under a nonce of its own, which is random. The function's id and
//! the secret's name go into the seal: what was moved to another function or name does not open. The
//! key's id, a hash, lies beside it, so that a key that is missing is told from damage.
//!
//! A key is changed by putting a new one before it, and sealing all secrets anew ([`crate::platform::reseal()`]).

mod key;
mod sealed;
mod text;

pub use key::{ParseKeyError, SecretKey, SecretKeys};
pub use sealed::{OpenError, SealError};
pub use text::SecretText;
