//! The locks by name, for what is to be told when one is missing.

use std::fmt;
use std::io;

/// One of the locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::runtime::process) enum Lock {
    /// No program that is started gains privileges.
    NoNewPrivileges,
    /// Only the system calls on a list.
    Seccomp,
    /// No files, no TCP, no signals to others. An empty root stands in for the first.
    Landlock,
    /// Neither root nor capabilities. Never missing for who starts without them.
    Privileges,
    /// Bounds on descriptors, processes, files and locked memory.
    Limits,
    /// A bound on memory.
    AddressSpace,
    /// No descriptor but its pipes.
    Descriptors,
    /// Death with the parent.
    Parent,
}

/// Completes "the system does not offer …".
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNewPrivileges => "no_new_privs",
            Self::Seccomp => "seccomp filters",
            Self::Landlock => "Landlock",
            Self::Privileges => "another user to change to",
            Self::Limits => "resource limits",
            Self::AddressSpace => "a limit on the address space",
            Self::Descriptors => "close_range",
            Self::Parent => "a signal at the parent's death",
        })
    }
}

/// An essential lock does not hold: nothing of a user's may run in this process.
#[derive(Debug, thiserror::Error)]
#[error("cannot lock the process in: no {lock}")]
pub(in crate::runtime::process) struct LockError {
    /// The lock.
    pub(in crate::runtime::process) lock: Lock,
    /// What the kernel said.
    #[source]
    pub(in crate::runtime::process) source: io::Error,
}

impl LockError {
    /// For `map_err`: this lock could not be had.
    pub(super) fn of<E: Into<io::Error>>(lock: Lock) -> impl FnOnce(E) -> Self {
        move |source| Self {
            lock,
            source: source.into(),
        }
    }
}
