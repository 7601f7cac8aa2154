//! Tests of each restriction from inside the sandbox.
//!
//! The restrictions cannot be removed, and forking a process that has other threads is unsafe. So
//! each test starts the test binary again, for itself alone (`fresh.rs`); that process enters the
//! sandbox like the zygote and forks children that try something. Each attempt that must be refused
//! is first made without the sandbox, where it must work.

/// Defines tests with these names, each of which runs in its own process.
macro_rules! promises {
    ($($name:ident: $body:expr;)*) => {$(
        #[test]
        fn $name() {
            in_fresh_process(module_path!(), stringify!($name), || $body);
        }
    )*};
}

pub(in crate::runtime::process) use promises;

mod behind_the_filter;
mod essentials;
mod filter;
pub(in crate::runtime::process) mod fresh;
mod zygote;
