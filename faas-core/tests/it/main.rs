//! Tests of the crate through its public interface.

#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::duplicate_mod,
        reason = "the runtime tests run with threads and with processes"
    )
)]

#[cfg(test)]
mod access;
#[cfg(test)]
mod aliases;
#[cfg(test)]
mod attempts;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod bindings;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod delays;
#[cfg(test)]
mod ends;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod environment;
#[cfg(test)]
mod fairness;
mod functions;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod http;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod old_functions;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod queueing;
#[cfg(test)]
#[cfg(feature = "quickjs")]
mod quickjs;
#[cfg(test)]
mod races;
#[cfg(test)]
mod records;
#[cfg(test)]
mod runtimes;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod waiting;
