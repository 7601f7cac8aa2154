//! The locks that each child puts on itself.

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

/// A child that is locked in for good.
#[derive(Debug)]
pub(in crate::runtime::process) struct Locked {
    /// Its only descriptors, 0 and 1.
    pub(in crate::runtime::process) ends: ChildEnds,
    /// Its memory, still without a bound of its own.
    pub(in crate::runtime::process) address_space: AddressSpace,
}

/// What a child occupied when it was locked in.
#[derive(Debug, Clone, Copy)]
pub(in crate::runtime::process) struct AddressSpace {
    bytes: u64,
}

impl AddressSpace {
    /// Lets the process map at most `bytes` more than it had when it was locked in: what exceeds
    /// that is refused, as if the machine had no more. It can be lowered again, and never raised.
    ///
    /// # Errors
    /// When a lower limit holds already.
    pub(in crate::runtime::process) fn limit_growth(self, bytes: u64) -> Result<(), LockError> {
        setrlimit(Resource::As, at_most(self.bytes.saturating_add(bytes)))
            .map_err(LockError::of(Lock::AddressSpace))
    }
}

impl Prepared {
    /// Locks the calling process, which the zygote has just forked, in for good. `ends` become
    /// descriptors 0 and 1, and every other one is closed.
    ///
    /// # Errors
    /// A lock does not hold, or the zygote has ended meanwhile: the process must end.
    pub(in crate::runtime::process) fn lock_child(
        &self,
        ends: ChildEnds,
    ) -> Result<Locked, LockError> {
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(LockError::of(Lock::Parent))?;
        // It may have ended before it was asked for a signal.
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

    /// What the zygote occupies, and so this process, which was the same a moment ago.
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

/// Whether descriptors can be closed all at once.
pub(super) fn probe() -> io::Result<()> {
    close_from(u32::MAX)
}

/// Makes `ends` descriptors 0 and 1 and closes all others. Those two were taken before.
#[expect(unsafe_code, reason = "takes over descriptors by their numbers")]
fn keep_only(ends: ChildEnds) -> io::Result<ChildEnds> {
    dup2_stdin(&ends.requests)?;
    dup2_stdout(&ends.answers)?;
    // Closed below.
    std::mem::forget(ends);
    close_from(2)?;
    // SAFETY: they are open, and whoever had them before has lost them to the pipes.
    let [requests, answers] = [0, 1].map(|number| unsafe { OwnedFd::from_raw_fd(number) });
    Ok(ChildEnds {
        requests: requests.into(),
        answers: answers.into(),
    })
}

/// Closes the descriptors from `first` on.
#[expect(unsafe_code, reason = "a call into libc")]
fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: it takes numbers only. What is closed here nobody uses again: the process goes on
    // with what it got from `lock_child`.
    match unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
