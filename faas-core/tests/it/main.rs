//! What the crate promises, through its public interface.

#[cfg(feature = "quickjs")]
mod quickjs;
