//! What the crate promises, through its public interface.

#[cfg(test)]
#[cfg(feature = "quickjs")]
mod environment;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod platform;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod quickjs;
#[cfg(test)]
mod races;
#[cfg(test)]
mod records;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod sharing;
