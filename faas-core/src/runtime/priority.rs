//! The scheduling priority of code that runs long.
//!
//! Code that has run for [`LONG`] without a pause yields to code that has not, and to the host: its
//! nice value rises to [`LOW`]. A short call beside ten long ones then gets a processor as soon as
//! it is ready. Only the order changes, and only while processors are scarce.

use std::time::Duration;

/// After so much time code counts as long-running.
pub(super) const LONG: Duration = Duration::from_millis(100);

/// The nice value of long-running code: a third of the share of other processes
/// (`sched_prio_to_weight` in the kernel's `kernel/sched/core.c`: 335 and 1,024). Less would starve
/// it where other programs keep the processors busy.
pub(super) const LOW: i32 = 5;

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::Cell;
    use std::sync::OnceLock;

    use rustix::process::{Pid, setpriority_process};

    use super::LOW;

    thread_local! {
        static THREAD: Cell<Thread> = const { Cell::new(Thread::Others) };
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Thread {
        /// It does not belong to the runtime, or is in a sandbox that forbids the call.
        Others,
        Normal,
        Lowered,
    }

    /// The calling thread may be lowered: it runs nothing but steps.
    pub(in crate::runtime) fn this_thread_runs_steps() {
        THREAD.set(Thread::Normal);
    }

    /// Lowers the calling thread, if it may be lowered.
    pub(in crate::runtime) fn lower_this_thread() {
        // Linux applies it to the calling thread.
        if THREAD.get() == Thread::Normal && setpriority_process(None, LOW).is_ok() {
            THREAD.set(Thread::Lowered);
        }
    }

    /// Returns whether the calling thread was lowered. It cannot be raised again without privileges:
    /// let it end.
    pub(in crate::runtime) fn is_this_thread_lowered() -> bool {
        THREAD.get() == Thread::Lowered
    }

    /// Lowers a process, if it can be raised again. Returns whether that worked.
    pub(in crate::runtime) fn lower(pid: i32) -> bool {
        may_raise()
            && Pid::from_raw(pid).is_some_and(|pid| setpriority_process(Some(pid), LOW).is_ok())
    }

    /// Whether this process may raise priorities. Unprivileged ones may only lower them.
    fn may_raise() -> bool {
        static MAY: OnceLock<bool> = OnceLock::new();
        let probe = || {
            // On a thread that ends, since the attempt can leave it lowered.
            let raised = || {
                let lowered = setpriority_process(None, 1);
                lowered.is_ok() && setpriority_process(None, 0).is_ok()
            };
            let probed = std::thread::Builder::new().spawn(raised);
            probed.is_ok_and(|thread| thread.join().unwrap_or(false))
        };
        *MAY.get_or_init(probe)
    }

    /// Gives a process that was lowered its usual priority again. Returns whether that worked.
    pub(in crate::runtime) fn raise(pid: i32) -> bool {
        Pid::from_raw(pid).is_some_and(|pid| setpriority_process(Some(pid), 0).is_ok())
    }
}

/// Other systems: priorities are not changed.
#[cfg(not(target_os = "linux"))]
mod linux {
    pub(in crate::runtime) const fn this_thread_runs_steps() {}

    pub(in crate::runtime) const fn lower_this_thread() {}

    pub(in crate::runtime) const fn is_this_thread_lowered() -> bool {
        false
    }
}

pub(super) use linux::*;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use rustix::process::{Pid, getpriority_process};

    use super::*;

    #[test]
    fn only_a_thread_that_runs_steps_is_lowered_and_no_other_with_it() {
        lower_this_thread();
        assert!(!is_this_thread_lowered());
        let lowered = std::thread::spawn(|| {
            this_thread_runs_steps();
            lower_this_thread();
            (is_this_thread_lowered(), getpriority_process(None).unwrap())
        });
        assert_eq!(lowered.join().unwrap(), (true, LOW));
        assert!(getpriority_process(None).unwrap() < LOW);
    }

    #[test]
    fn a_process_is_lowered_and_raised_again_by_a_privileged_host() {
        let mut process = Command::new("cat");
        let mut process = process.stdin(Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(process.id()).unwrap();
        let nice = || getpriority_process(Pid::from_raw(pid)).unwrap();
        // An unprivileged host could not raise it again, and does not lower it.
        if lower(pid) {
            assert_eq!(nice(), LOW);
            assert!(raise(pid));
        }
        assert_eq!(nice(), 0);
        drop(process.stdin.take());
        process.wait().unwrap();
    }
}
