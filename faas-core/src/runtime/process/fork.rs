//! Forks without the fork handlers of libraries, which a process with one thread does not need.
//!
//! `fork` also calls registered handlers. An allocator acquires all its locks there, so that the
//! child does not copy another thread's unfinished work, and reinitializes them in the child. That
//! writes a few words on pages that parent and child could otherwise share. For jemalloc and libc's
//! own handlers, this is 64 KiB per child.

use std::ffi::c_void;
use std::io;
use std::mem::transmute;

/// A function that forks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fork(unsafe extern "C" fn() -> libc::pid_t);

impl Fork {
    /// Returns POSIX's `_Fork`, which calls no handlers, or `fork` if libc has no `_Fork` (glibc
    /// before 2.34).
    #[expect(unsafe_code, reason = "looks up a function by its name")]
    pub(super) fn find() -> Self {
        // SAFETY: the name is NUL-terminated.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_Fork".as_ptr()) };
        if found.is_null() {
            return Self(libc::fork);
        }
        // SAFETY: POSIX reserves this name for a function without arguments that returns a process id.
        Self(unsafe { transmute::<*mut c_void, unsafe extern "C" fn() -> libc::pid_t>(found) })
    }

    /// Forks. Returns the child's id in the parent, and 0 in the child.
    ///
    /// # Errors
    /// When the system lacks resources for another process.
    ///
    /// # Safety
    /// This process must have one thread. Then no work is unfinished and no other thread holds a
    /// lock. With several threads, the child may only do what a signal handler may do.
    #[expect(unsafe_code, reason = "forks")]
    pub(super) unsafe fn fork(self) -> io::Result<libc::pid_t> {
        // SAFETY: guaranteed by the caller.
        match unsafe { (self.0)() } {
            -1 => Err(io::Error::last_os_error()),
            pid => Ok(pid),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rustix::process::{Pid, WaitOptions, waitpid};

    use super::*;

    thread_local! {
        /// Counted per thread: other tests fork too.
        static CALLED: Cell<usize> = const { Cell::new(0) };
    }

    extern "C" fn called() {
        CALLED.set(CALLED.get() + 1);
    }

    #[expect(unsafe_code, reason = "forks")]
    fn calls_of(fork: Fork) -> usize {
        let before = CALLED.get();
        // SAFETY: the child only calls `_exit`, which is async-signal-safe.
        let pid = unsafe {
            match fork.fork().unwrap() {
                0 => libc::_exit(0),
                pid => pid,
            }
        };
        waitpid(Pid::from_raw(pid), WaitOptions::empty()).unwrap();
        CALLED.get() - before
    }

    #[test]
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "registers a handler")]
    fn fork_handlers_of_libraries_are_not_called() {
        // SAFETY: the handler only increments a counter.
        unsafe { libc::pthread_atfork(Some(called), None, None) };
        assert_eq!(calls_of(Fork(libc::fork)), 1);
        assert_eq!(calls_of(Fork::find()), 0);
    }
}
