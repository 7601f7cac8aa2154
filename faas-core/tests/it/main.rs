//! What the crate promises, through its public interface.

mod platform;
#[cfg(feature = "quickjs")]
mod quickjs;
mod scripted;
