//! The process of a child, as the host handles it: signals, its end, its processor time and memory.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::param::page_size;
use rustix::process::{Signal, pidfd_send_signal};
use tokio::io::Interest;

use super::channel::registered;
use super::worker_host::{ChildId, WorkerHost, ends_within};
use crate::clock::Clock;
use crate::runtime::{cpu, priority};

/// How long to wait for the end of a child that has closed its pipes; an ending process closes them
/// first.
const ENDING: Duration = Duration::from_millis(100);

/// A child's process. It is killed and reaped when this is dropped, which can block.
#[derive(Debug)]
pub(super) struct ChildProcess {
    pidfd: Arc<File>,
    worker_host: Arc<WorkerHost>,
    /// `None` after it was reaped, because the process id may be reused.
    id: Mutex<Option<ChildId>>,
    /// Whether its priority was lowered.
    is_lowered: AtomicBool,
}

impl ChildProcess {
    pub(super) fn new(id: ChildId, pidfd: OwnedFd, worker_host: Arc<WorkerHost>) -> Self {
        Self {
            pidfd: Arc::new(pidfd.into()),
            worker_host,
            id: Mutex::new(Some(id)),
            is_lowered: AtomicBool::new(false),
        }
    }

    /// Kills the child, if it is still running.
    pub(super) fn kill(&self) {
        // The child may have ended already.
        let _ = pidfd_send_signal(&*self.pidfd, Signal::KILL);
    }

    /// Kills the child, if it is still running, and returns its exit status; `None` if unknown.
    /// Blocks until it has ended.
    pub(super) fn end(&self) -> Option<ExitStatus> {
        self.kill();
        let id = self.id.lock().take()?;
        self.worker_host.reap(id, &*self.pidfd)
    }

    /// Returns the exit status of a child that has ended; `None` if it is not known soon.
    pub(super) async fn reap_soon(self: &Arc<Self>) -> Option<ExitStatus> {
        let process = self.clone();
        let reaping = tokio::task::spawn_blocking(move || {
            process.worker_host.reap_soon(&mut process.id.lock())
        });
        reaping.await.ok().flatten()
    }

    /// Returns whether a child that has closed its pipes ends.
    pub(super) async fn ends_soon(self: &Arc<Self>, clock: &dyn Clock) -> bool {
        let Ok(process) = registered(self.pidfd.clone(), Interest::READABLE) else {
            return ends_within(Duration::ZERO, &*self.pidfd);
        };
        tokio::select! {
            biased;
            ended = process.readable() => ended.is_ok(),
            () = clock.sleep(ENDING) => false,
        }
    }

    /// Lowers the priority of a child that runs long.
    pub(super) fn lower(&self) {
        if !self.is_lowered.load(Ordering::Relaxed) && self.with_pid(priority::lower) {
            self.is_lowered.store(true, Ordering::Relaxed);
        }
    }

    /// Undoes [`Self::lower`].
    pub(super) fn raise(&self) {
        if self.is_lowered.load(Ordering::Relaxed) && self.with_pid(priority::raise) {
            self.is_lowered.store(false, Ordering::Relaxed);
        }
    }

    /// Returns the processor time that the child has used; zero after it was reaped.
    pub(super) fn cpu_time(&self) -> Duration {
        self.with_pid(cpu::of_process)
    }

    /// Calls `read` with the process id while it is the child's own; returns zero after that.
    pub(super) fn with_pid<T: Default>(&self, read: impl FnOnce(i32) -> T) -> T {
        // The lock keeps it from being reaped.
        let id = self.id.lock();
        id.map_or_else(T::default, |id| read(id.pid))
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns the memory, in bytes, that a process does not share through a file: `statm` of proc(5).
/// The child is not reaped yet, so the process id is still its own.
pub(super) fn private_bytes(pid: i32) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut pages = text
        .split_ascii_whitespace()
        .skip(1)
        .map(|pages| pages.parse::<usize>().unwrap_or_default());
    let (resident, shared) = (pages.next(), pages.next());
    let pages = resident
        .unwrap_or_default()
        .saturating_sub(shared.unwrap_or_default());
    pages.saturating_mul(page_size())
}
