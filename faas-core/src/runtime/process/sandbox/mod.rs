//! The sandbox of processes that run user code.
//!
//! This module applies the restrictions in the right order; it does not manage the processes.
//! Everything that forked processes inherit is applied once, in the zygote ([`lock_zygote`]). What
//! each child must do itself takes tens of microseconds ([`Prepared::lock_child`]), so it hardly
//! slows a fork.
//!
//! | A child cannot | because of |
//! |---|---|
//! | make a system call that the engine does not need | seccomp, which kills the child |
//! | open, create or list files; connect; signal others | seccomp, and Landlock as a second defence |
//! | see a file by any name | its root is a deleted directory, if permitted |
//! | reach a network | no sockets; its own network namespace, if permitted |
//! | gain privileges | no root user, groups or capabilities, and no new privileges |
//! | have a third descriptor, a child, a file, locked memory, a core dump | resource limits |
//! | use more memory than its call may | the address-space limit, set with the first call |
//! | outlive the zygote | a parent-death signal |
//! | survive when the machine runs out of memory | the OOM killer chooses it first |
//!
//! A system call that is not permitted kills the process instead of failing. Our own code makes no
//! such call, so an attacker controls the process and must not get a second attempt. The server
//! sees a child that died of `SIGSYS`.
//!
//! All restrictions apply to the calling thread only. Zygote and children have one thread.

mod child;
mod filter;
mod lock;
mod zygote;

#[cfg(test)]
pub(super) mod tests;

pub(in crate::runtime::process) use child::{AddressSpace, Locked};
pub(in crate::runtime::process) use lock::{Lock, LockError};
pub(in crate::runtime::process) use zygote::{Prepared, lock_zygote};
