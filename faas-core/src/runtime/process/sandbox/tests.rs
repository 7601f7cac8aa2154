//! Each lock, tried from behind it.
//!
//! The locks cannot be taken off, and to fork a process with other threads is asking for trouble.
//! So each test starts the test binary anew for itself alone (`fresh.rs`); that process locks
//! itself as the zygote does, and forks the children that try. Whatever is to be refused is tried
//! without the locks first, where it must work.

/// Tests with these names, each in a process of its own.
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
