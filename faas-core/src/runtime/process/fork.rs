//! The fork itself, without what is of no use to a process of one thread.
//!
//! `fork` also calls what libraries have registered for it. An allocator takes all its locks there,
//! so that no other thread's half-done work is copied, and makes them anew in the child: a word or two
//! each, on pages that parent and child could share else. Of jemalloc's, and what libc does for
//! itself, that is 64 KiB in each child.

use std::ffi::c_void;
use std::io;
use std::mem::transmute;

/// How a process forks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fork(unsafe extern "C" fn() -> libc::pid_t);

impl Fork {
    /// POSIX's `_Fork`, which calls nothing; `fork` where libc has none (glibc before 2.34).
    #[expect(unsafe_code, reason = "looks up a function by its name")]
    pub(super) fn find() -> Self {
        // SAFETY: the name ends with a NUL.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_Fork".as_ptr()) };
        if found.is_null() {
            return Self(libc::fork);
        }
        // SAFETY: POSIX reserves the name for this function: no arguments, and a process's id.
        Self(unsafe { transmute::<*mut c_void, unsafe extern "C" fn() -> libc::pid_t>(found) })
    }

    /// Forks. Returns the child's id, and 0 in the child.
    ///
    /// # Errors
    /// When the system has no room for another process.
    ///
    /// # Safety
    /// This process has one thread: then nothing is half done, and no lock is held that only
    /// another thread could let go. With several, the child may do only what a signal handler may.
    #[expect(unsafe_code, reason = "forks")]
    pub(super) unsafe fn fork(self) -> io::Result<libc::pid_t> {
        // SAFETY: by the caller's promise.
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
        /// By this thread's forks: other tests fork too.
        static CALLED: Cell<usize> = const { Cell::new(0) };
    }

    extern "C" fn called() {
        CALLED.set(CALLED.get() + 1);
    }

    #[expect(unsafe_code, reason = "forks")]
    fn calls_of(fork: Fork) -> usize {
        let before = CALLED.get();
        // SAFETY: the child ends at once, as a signal handler may.
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
    fn what_libraries_do_at_a_fork_is_left_out() {
        // SAFETY: the handler only counts.
        unsafe { libc::pthread_atfork(Some(called), None, None) };
        assert_eq!(calls_of(Fork(libc::fork)), 1);
        assert_eq!(calls_of(Fork::find()), 0);
    }
}
