//! The restrictions that each child applies to itself.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use rustix::process::{
    Resource, Signal, getpid, getppid, set_parent_process_death_signal, setrlimit,
};
use rustix::stdio::{dup2_stdin, dup2_stdout};

use super::zygote::{at_most, none};
use super::{Lock, LockError, Prepared};
use crate::runtime::process::channel::ChildEnds;

/// A child inside its final sandbox.
#[derive(Debug)]
pub(in crate::runtime::process) struct Locked {
    /// The child's only descriptors, 0 and 1.
    pub(in crate::runtime::process) ends: ChildEnds,
    /// The child's address space, which has no limit yet.
    pub(in crate::runtime::process) address_space: AddressSpace,
}

/// The address space that a child used when it entered the sandbox.
#[derive(Debug, Clone, Copy)]
pub(in crate::runtime::process) struct AddressSpace {
    bytes: u64,
}

impl AddressSpace {
    /// Limits the address space to `bytes` more than the process used when it entered the sandbox.
    /// Further allocations fail. The limit can be lowered later, but not raised.
    ///
    /// # Errors
    /// When a lower limit is already set.
    pub(in crate::runtime::process) fn limit_growth(self, bytes: u64) -> Result<(), LockError> {
        setrlimit(Resource::As, at_most(self.bytes.saturating_add(bytes)))
            .map_err(LockError::of(Lock::AddressSpace))
    }
}

impl Prepared {
    /// Moves the calling process, which the zygote has just forked, into its final sandbox. `ends`
    /// become descriptors 0 and 1; all others are closed.
    ///
    /// # Errors
    /// When a restriction failed, or the zygote has ended. The process must then exit.
    pub(in crate::runtime::process) fn lock_child(
        &self,
        ends: ChildEnds,
    ) -> Result<Locked, LockError> {
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(LockError::of(Lock::Parent))?;
        // The parent may have ended before the signal was set.
        if getppid() != Some(self.zygote) {
            let ended = io::Error::other("the parent has ended");
            return Err(LockError::of(Lock::Parent)(ended));
        }
        let address_space = self.occupied().map_err(LockError::of(Lock::AddressSpace))?;
        let ends = keep_only(ends).map_err(LockError::of(Lock::Descriptors))?;
        for resource in [Resource::Nofile, Resource::Nproc, Resource::Fsize] {
            setrlimit(resource, none()).map_err(LockError::of(Lock::Limits))?;
        }
        self.filter
            .apply(getpid())
            .map_err(LockError::of(Lock::Seccomp))?;
        Ok(Locked {
            ends,
            address_space,
        })
    }

    /// Returns the address space that the zygote uses, and therefore this newly forked process too.
    fn occupied(&self) -> io::Result<AddressSpace> {
        let mut text = [0; 64];
        let length = self.statm.read_at(&mut text, 0)?;
        let pages = text
            .get(..length)
            .and_then(|text| text.split(|&byte| byte == b' ').next())
            .and_then(|pages| std::str::from_utf8(pages).ok()?.parse::<u64>().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        let bytes = pages.saturating_mul(self.page);
        Ok(AddressSpace { bytes })
    }
}

/// Checks that all descriptors can be closed at once.
pub(super) fn probe() -> io::Result<()> {
    close_from(u32::MAX)
}

/// Makes `ends` descriptors 0 and 1 and closes all others.
#[expect(unsafe_code, reason = "takes over descriptors by their numbers")]
fn keep_only(ends: ChildEnds) -> io::Result<ChildEnds> {
    dup2_stdin(&ends.requests)?;
    dup2_stdout(&ends.answers)?;
    // `close_from` closes the originals.
    std::mem::forget(ends);
    close_from(2)?;
    // SAFETY: both are open and refer to the pipes now, and nothing else owns them.
    let [requests, answers] = [0, 1].map(|number| unsafe { OwnedFd::from_raw_fd(number) });
    Ok(ChildEnds {
        requests: requests.into(),
        answers: answers.into(),
    })
}

/// Closes all descriptors from `first` on.
#[expect(unsafe_code, reason = "a call into libc")]
fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: the call takes numbers only. Nothing uses the closed descriptors again: the process
    // continues with what `lock_child` returns.
    match unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
