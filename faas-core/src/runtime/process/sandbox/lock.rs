//! The restrictions of the sandbox, for reports of missing ones.

use std::fmt;
use std::io;

/// A restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::runtime::process) enum Lock {
    /// Programs that the process starts gain no privileges.
    NoNewPrivileges,
    /// Only permitted system calls.
    Seccomp,
    /// No files, no TCP, no signals to other processes. An empty root directory replaces the first.
    Landlock,
    /// Neither root nor capabilities. Never missing if the process starts without them.
    Privileges,
    /// Limits on descriptors, processes, files and locked memory.
    Limits,
    /// A limit on memory.
    AddressSpace,
    /// No descriptors except the pipes.
    Descriptors,
    /// The process ends with its parent.
    Parent,
}

/// Completes the sentence "the system lacks …".
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNewPrivileges => "no_new_privs",
            Self::Seccomp => "seccomp filters",
            Self::Landlock => "Landlock",
            Self::Privileges => "permission to change the user",
            Self::Limits => "resource limits",
            Self::AddressSpace => "address-space limits",
            Self::Descriptors => "close_range",
            Self::Parent => "parent-death signals",
        })
    }
}

/// An essential restriction could not be applied: the process must not run user code.
#[derive(Debug, thiserror::Error)]
#[error("cannot sandbox the process: the system lacks {lock}")]
pub(in crate::runtime::process) struct LockError {
    /// The restriction.
    pub(in crate::runtime::process) lock: Lock,
    /// The system's error.
    #[source]
    pub(in crate::runtime::process) source: io::Error,
}

impl LockError {
    /// For `map_err`: this restriction failed.
    pub(super) fn of<E: Into<io::Error>>(lock: Lock) -> impl FnOnce(E) -> Self {
        move |source| Self {
            lock,
            source: source.into(),
        }
    }
}
