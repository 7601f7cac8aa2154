//! Bodies: what is sent, what is received, and decoding.

pub(crate) mod decode;
pub(crate) mod incoming;
pub(crate) mod outgoing;
