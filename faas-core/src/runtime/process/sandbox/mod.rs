//! The locks that a process which runs users' code is put behind.
//!
//! Owns what is asked of the kernel and in which order; not the processes themselves. Everything
//! that a process hands on to those that it forks is locked once, in the zygote ([`lock_zygote`]).
//! What must be done in each child takes tens of microseconds ([`Prepared::lock_child`]), and so
//! does not make a fork noticeably slower.
//!
//! | What a child cannot do | because of |
//! |---|---|
//! | make a system call that the engine does not need | seccomp: the child dies of it |
//! | open, make or list files; connect; signal others | seccomp, and Landlock behind it |
//! | see a file by any name | its root is a directory that is no more, if permitted |
//! | reach a network at all | no socket; a network namespace of its own, if permitted |
//! | gain privileges | no user, groups or capabilities to speak of, and no new ones |
//! | have a third descriptor, a child, a file, locked memory, a core dump | resource limits |
//! | use more memory than its call may | the address-space limit, set when that is known |
//! | outlive the zygote | the kernel kills it |
//! | survive when the machine runs out of memory | it is the first to be killed |
//!
//! A call that the seccomp filter does not list kills the process, rather than failing: no code of
//! ours makes one, so whoever makes one has taken the process over, and gets no second try. The
//! server sees a child that died of `SIGSYS`.
//!
//! All of this works on the calling thread alone. Both kinds of process have one thread.

mod child;
mod filter;
mod lock;
mod zygote;

#[cfg(test)]
pub(super) mod tests;

pub(in crate::runtime::process) use child::{AddressSpace, Locked};
pub(in crate::runtime::process) use lock::{Lock, LockError};
pub(in crate::runtime::process) use zygote::{Prepared, lock_zygote};
