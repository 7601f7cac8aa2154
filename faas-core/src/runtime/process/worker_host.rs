//! The host's side of the worker: starts it, sends it fork and reap requests, and replaces it when
//! it has died.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::channel::HostEnds;
use super::control::{self, MAX_DESCRIPTORS, Order, Report};
use super::worker;

/// How long a worker may take to start or to reply, and a child to become ready. These are short
/// operations, but the machine may be overloaded. Tests use unresponsive workers and a shorter
/// time.
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 10 });

/// How long a call waits for the exit status of its child.
const SOON: Duration = Duration::from_millis(100);

/// How long to wait for the end of a killed child.
const DYING: Duration = Duration::from_secs(1);

/// How to start the worker: a program that calls [`worker::run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// The arguments.
    pub arguments: Vec<OsString>,
    /// The complete environment of the worker and its children. User code cannot read it.
    pub environment: Vec<(OsString, OsString)>,
}

impl Default for WorkerCommand {
    /// This program, whose `main` begins with [`worker::run_if_asked`].
    fn default() -> Self {
        Self::this_program([worker::ARGUMENT])
    }
}

impl WorkerCommand {
    /// This program with other arguments. Works even if its file was replaced.
    pub fn this_program(arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self {
            program: "/proc/self/exe".into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
        }
    }
}

/// A newly forked child.
#[derive(Debug)]
pub(super) struct NewChild {
    pub(super) id: ChildId,
    pub(super) pidfd: OwnedFd,
    pub(super) console: OwnedFd,
    pub(super) ends: HostEnds,
}

/// A child that was not reaped yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChildId {
    pub(super) pid: i32,
    /// The number of the worker that forked it. For a later worker, the process id is meaningless.
    worker: u64,
}

/// Why there is no child.
enum NotForked {
    /// The system lacks resources; the worker can continue.
    NoRoom(io::Error),
    /// The worker has died, or breaks the protocol.
    Broken(io::Error),
}

impl From<io::Error> for NotForked {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// What each worker gets before its other orders.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstOrder {
    /// Whether to continue if no sandbox is available.
    pub(super) optional: bool,
    /// Whether code may make code from text.
    pub(super) eval: bool,
    /// The modules of the host, compiled by a child that compiled nothing else.
    pub(super) modules: Option<Arc<[u8]>>,
}

impl FirstOrder {
    /// Returns a file in memory with the modules.
    fn attached(&self) -> io::Result<Option<OwnedFd>> {
        let Some(modules) = &self.modules else {
            return Ok(None);
        };
        let file = memfd_create("modules", MemfdFlags::CLOEXEC)?;
        let mut file = File::from(file);
        file.write_all(modules)?;
        file.rewind()?;
        Ok(Some(file.into()))
    }
}

/// Sends fork and reap requests to a worker.
#[derive(Debug)]
pub(super) struct WorkerHost {
    command: WorkerCommand,
    first: FirstOrder,
    worker: Mutex<Option<Worker>>,
    /// The number of workers started so far.
    started: AtomicU64,
}

/// A running worker.
#[derive(Debug)]
struct Worker {
    number: u64,
    control: OwnedFd,
    process: Process,
    /// The number of the last order.
    asked: u64,
    /// The number of replies that are still expected but no longer awaited.
    late: usize,
}

impl WorkerHost {
    /// Starts the worker. Also returns the restrictions that the kernel lacks, for people.
    ///
    /// # Errors
    /// When the worker cannot be started, or its children cannot be sandboxed and that is not
    /// permitted.
    pub(super) fn open(
        command: WorkerCommand,
        first: FirstOrder,
    ) -> io::Result<(Self, Vec<String>)> {
        if worker::is_asked() {
            return Err(io::Error::other(
                "this process was started as a worker: call worker::run_if_asked first in main",
            ));
        }
        let (worker, missing) = Worker::start(&command, &first, 0)?;
        let worker_host = Self {
            command,
            first,
            worker: Mutex::new(Some(worker)),
            started: AtomicU64::new(1),
        };
        Ok((worker_host, missing))
    }

    /// Forks a child.
    ///
    /// # Errors
    /// When the system lacks resources, or the worker has died and cannot be restarted.
    pub(super) fn fork(&self) -> io::Result<NewChild> {
        let mut slot = self.worker.lock();
        let forked = match slot.as_mut().map(Worker::fork) {
            // Replace a dead worker once. If its replacement dies too, that is no coincidence.
            None | Some(Err(NotForked::Broken(_))) => {
                *slot = None;
                slot.insert(self.replacement()?).fork()
            }
            Some(forked) => forked,
        };
        match forked {
            Ok(child) => Ok(child),
            Err(NotForked::NoRoom(error)) => Err(error),
            Err(NotForked::Broken(error)) => {
                *slot = None;
                Err(error)
            }
        }
    }

    /// Reaps a child that was killed or has ended, and returns its exit status. `None` when the
    /// status is unknown: the worker has died, or the child is stuck in an uninterruptible system
    /// call. In that case the worker reaps it later.
    pub(super) fn reap(&self, child: ChildId, pidfd: impl AsFd) -> Option<ExitStatus> {
        ends_within(DYING, pidfd);
        let mut slot = self.worker.lock();
        reap(&mut slot, child, PATIENCE).unwrap_or_else(|_| {
            *slot = None;
            None
        })
    }

    /// Like [`Self::reap`], for a child that has ended, while a call waits. If the worker is busy,
    /// the child stays in `child`.
    pub(super) fn reap_soon(&self, child: &mut Option<ChildId>) -> Option<ExitStatus> {
        let mut slot = self.worker.try_lock_for(SOON)?;
        reap(&mut slot, child.take()?, SOON).unwrap_or_else(|error| {
            // A caller that can wait longer will find out whether the worker still replies.
            if error.kind() != io::ErrorKind::TimedOut {
                *slot = None;
            }
            None
        })
    }

    fn replacement(&self) -> io::Result<Worker> {
        tracing::warn!(
            "the worker process has died, and with it all its children: starting a new one"
        );
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let (worker, _) = Worker::start(&self.command, &self.first, number)?;
        Ok(worker)
    }
}

impl Worker {
    fn start(
        command: &WorkerCommand,
        first: &FirstOrder,
        number: u64,
    ) -> io::Result<(Self, Vec<String>)> {
        let modules = first.attached()?;
        let (control, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        set_socket_timeout(&control, Timeout::Send, Some(PATIENCE))?;
        let process = Command::new(&command.program)
            // The name shown in process lists.
            .arg0(std::env::args_os().next().unwrap_or_default())
            .args(&command.arguments)
            .env_clear()
            .envs(
                command
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            // Ctrl-C in a terminal is for the host, which may still need its children.
            .process_group(0)
            .spawn()?;
        let mut worker = Self {
            number,
            control,
            process,
            asked: 0,
            late: 0,
        };
        let lock = Order::Lock {
            optional: first.optional,
            eval: first.eval,
            modules: modules.is_some(),
        };
        match worker.ask_with(lock, modules.as_ref(), PATIENCE) {
            Ok((Report::Ready { missing }, _)) => Ok((worker, missing)),
            Ok((Report::Refused(reason), _)) => Err(io::Error::other(reason)),
            Ok((report, _)) => Err(unexpected(&report)),
            Err(error) if is_gone(&error) => {
                // It closed its socket, so end it if it has not ended.
                worker.process.kill()?;
                let ended = worker.process.wait()?;
                Err(io::Error::other(format!(
                    "the worker process ended at once ({ended}): call worker::run_if_asked first in \
                     the program's main"
                )))
            }
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("the worker process did not start: {error}"),
            )),
        }
    }

    /// Forks a child.
    fn fork(&mut self) -> Result<NewChild, NotForked> {
        let (report, descriptors) = self.ask(Order::Fork, PATIENCE)?;
        let pid = match report {
            Report::Forked(pid) => pid,
            Report::Failed(error) => {
                return Err(NotForked::NoRoom(io::Error::from_raw_os_error(error)));
            }
            report => return Err(NotForked::Broken(unexpected(&report))),
        };
        let child = match <[OwnedFd; MAX_DESCRIPTORS]>::try_from(descriptors) {
            Ok([requests, answers, unread, pidfd, console]) => Ok(NewChild {
                id: ChildId {
                    pid,
                    worker: self.number,
                },
                pidfd,
                console,
                ends: HostEnds::received([requests, answers, unread]),
            }),
            // The host had no free descriptors for it.
            Err(_) => Err(io::Error::from_raw_os_error(libc::EMFILE)),
        };
        let looked = child.and_then(|child| {
            is_child(pid, &child.pidfd, self.process.id()).map(|is_child| (is_child, child))
        });
        match looked {
            Ok((true, child)) => Ok(child),
            Ok((false, _)) => Err(NotForked::Broken(io::Error::new(
                io::ErrorKind::InvalidData,
                "the worker process named a process that is not its child",
            ))),
            Err(error) => {
                // Without its pipes the child exits and must be reaped.
                self.ask(Order::Reap(pid), PATIENCE)?;
                Err(NotForked::NoRoom(error))
            }
        }
    }

    /// Sends an order and waits for its reply. After [`io::ErrorKind::TimedOut`], further orders
    /// can be sent; a late reply is skipped.
    fn ask(&mut self, order: Order, patience: Duration) -> io::Result<(Report, Vec<OwnedFd>)> {
        self.ask_with(order, None, patience)
    }

    /// As [`Self::ask`], with a file attached.
    fn ask_with(
        &mut self,
        order: Order,
        file: Option<&OwnedFd>,
        patience: Duration,
    ) -> io::Result<(Report, Vec<OwnedFd>)> {
        self.asked += 1;
        let attached = file.map(AsFd::as_fd);
        control::send(&self.control, &(self.asked, order), attached.as_slice())?;
        loop {
            if !is_readable_within(patience, &self.control) {
                self.late += 1;
                return Err(io::ErrorKind::TimedOut.into());
            }
            let received = control::receive::<(u64, Report)>(&self.control)?;
            let ((number, report), descriptors) = received.ok_or(io::ErrorKind::UnexpectedEof)?;
            if number == self.asked {
                return Ok((report, descriptors));
            }
            let late = self.late.checked_sub(1);
            self.late = late.ok_or_else(|| unexpected(&report))?;
        }
    }
}

impl Drop for Worker {
    /// The worker's children die with it.
    fn drop(&mut self) {
        // The worker may have died already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns whether `pidfd` refers to the process `pid`, and that process is a child of `parent`.
/// The host sends signals to the pidfd, so it must not trust the worker here.
fn is_child(pid: i32, pidfd: &OwnedFd, parent: u32) -> io::Result<bool> {
    let about = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    let behind = about.lines().find_map(|line| line.strip_prefix("Pid:"));
    if behind.and_then(|number| number.trim().parse().ok()) != Some(pid) {
        return Ok(false);
    }
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        // The name in parentheses may contain anything.
        Ok(stat) => Ok(stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1))
            .is_some_and(|number| number.parse() == Ok(parent))),
        // `/proc` may be mounted so that users do not see other users' processes.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Requests that the worker reaps one of its children. Returns the exit status if it is known.
///
/// # Errors
/// When the worker did not reply, or replied incorrectly.
fn reap(
    worker: &mut Option<Worker>,
    child: ChildId,
    patience: Duration,
) -> io::Result<Option<ExitStatus>> {
    let worker = worker
        .as_mut()
        .filter(|worker| worker.number == child.worker);
    let Some(worker) = worker else {
        return Ok(None);
    };
    match worker.ask(Order::Reap(child.pid), patience)?.0 {
        Report::Reaped(status) => Ok(Some(ExitStatus::from_raw(status))),
        Report::Failed(_) => Ok(None),
        report => Err(unexpected(&report)),
    }
}

/// Returns whether the process ends within this time, or has ended.
pub(super) fn ends_within(patience: Duration, pidfd: impl AsFd) -> bool {
    is_readable_within(patience, pidfd)
}

fn is_readable_within(patience: Duration, descriptor: impl AsFd) -> bool {
    let mut ready = [PollFd::new(&descriptor, PollFlags::IN)];
    let patience = Timespec {
        tv_sec: patience.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: patience.subsec_nanos().into(),
    };
    retry_on_intr(|| poll(&mut ready, Some(&patience))).is_ok_and(|count| count > 0)
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

fn unexpected(report: &Report) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("unexpected reply of the worker process: {report:?}"),
    )
}
