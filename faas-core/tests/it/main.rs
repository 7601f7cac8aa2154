//! What the crate promises, through its public interface.

#[cfg(test)]
mod platform;
#[cfg(all(test, feature = "quickjs"))]
mod quickjs;
#[cfg(test)]
mod scripted;
