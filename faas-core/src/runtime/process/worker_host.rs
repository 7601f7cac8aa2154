//! The host's side of its worker: starting it, having it fork and reap, starting another when it
//! has died.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::channel::HostEnds;
use super::control::{self, MAX_DESCRIPTORS, Order, Report};
use super::worker;

/// How long a worker may take to start, and to answer, and a child to become ready. They do little,
/// but on a machine that may have much else to do. Tests have workers that say nothing, and wait for them less.
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 10 });

/// How long a call waits to hear how its child has ended.
const SOON: Duration = Duration::from_millis(100);

/// How long a child that was killed is waited for.
const DYING: Duration = Duration::from_secs(1);

/// How the worker is started: a program that calls [`worker::run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The whole of its environment, which its children have as well. User code cannot see it.
    pub environment: Vec<(OsString, OsString)>,
}

impl Default for WorkerCommand {
    /// This very program, whose `main` begins with [`worker::run_if_asked`].
    fn default() -> Self {
        Self::this_program([worker::ARGUMENT])
    }
}

impl WorkerCommand {
    /// This very program, even when its file was replaced meanwhile, with other arguments.
    pub fn this_program(arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self {
            program: "/proc/self/exe".into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
        }
    }
}

/// A child of a worker's, as the host holds it.
#[derive(Debug)]
pub(super) struct Newborn {
    pub(super) id: ChildId,
    pub(super) pidfd: OwnedFd,
    pub(super) console: OwnedFd,
    pub(super) ends: HostEnds,
}

/// A child that was not reaped yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChildId {
    pub(super) pid: i32,
    /// Which of the worker_host's workers has it: to the next one that number is another's, or nobody's.
    worker: u64,
}

/// Why there is no child.
enum NotForked {
    /// The system has no room for one; the worker can go on.
    NoRoom(io::Error),
    /// The worker has died, or is no worker any more.
    Broken(io::Error),
}

impl From<io::Error> for NotForked {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Has children made and reaped.
#[derive(Debug)]
pub(super) struct WorkerHost {
    command: WorkerCommand,
    unlocked_allowed: bool,
    worker: Mutex<Option<Worker>>,
    /// How many workers were started.
    started: AtomicU64,
}

/// A worker that runs.
#[derive(Debug)]
struct Worker {
    number: u64,
    control: OwnedFd,
    process: Process,
    /// The number of the last order.
    asked: u64,
    /// How many replies nobody waits for any more.
    late: usize,
}

impl WorkerHost {
    /// Starts the worker. Returns also what the kernel does not offer, for people.
    ///
    /// # Errors
    /// When it cannot be started, or when nothing would lock its children in and that is not
    /// allowed.
    pub(super) fn open(
        command: WorkerCommand,
        unlocked_allowed: bool,
    ) -> io::Result<(Self, Vec<String>)> {
        if worker::is_asked() {
            return Err(io::Error::other(
                "this process was started as a worker: call worker::run_if_asked first of all in main",
            ));
        }
        let (worker, missing) = Worker::start(&command, unlocked_allowed, 0)?;
        let worker_host = Self {
            command,
            unlocked_allowed,
            worker: Mutex::new(Some(worker)),
            started: AtomicU64::new(1),
        };
        Ok((worker_host, missing))
    }

    /// A new child.
    ///
    /// # Errors
    /// When the system has no room for one, or the worker has died and cannot be started again.
    pub(super) fn fork(&self) -> io::Result<Newborn> {
        let mut slot = self.worker.lock();
        let forked = match slot.as_mut().map(Worker::fork) {
            // One that was found dead is replaced once: what happens to the next one as well is no
            // accident.
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

    /// Has a child reaped that was killed, or has ended by itself, and says how it ended; `None`
    /// when nobody knows: the worker has died, and it with it. Or it does not die, for it is in a
    /// call into the kernel that nothing interrupts: the worker waits for it then, and nobody else.
    pub(super) fn reap(&self, child: ChildId, pidfd: impl AsFd) -> Option<ExitStatus> {
        ends_within(DYING, pidfd);
        let mut slot = self.worker.lock();
        reap(&mut slot, child, PATIENCE).unwrap_or_else(|_| {
            *slot = None;
            None
        })
    }

    /// As [`Self::reap`], of a child that has ended, for a call that waits for it. When the worker is
    /// busy with others, the child stays in `child`.
    pub(super) fn reap_soon(&self, child: &mut Option<ChildId>) -> Option<ExitStatus> {
        let mut slot = self.worker.try_lock_for(SOON)?;
        reap(&mut slot, child.take()?, SOON).unwrap_or_else(|error| {
            // Whoever can wait for longer finds out whether it will ever answer.
            if error.kind() != io::ErrorKind::TimedOut {
                *slot = None;
            }
            None
        })
    }

    fn replacement(&self) -> io::Result<Worker> {
        tracing::warn!("the worker has died, and all children with it: starting another");
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let (worker, _) = Worker::start(&self.command, self.unlocked_allowed, number)?;
        Ok(worker)
    }
}

impl Worker {
    fn start(
        command: &WorkerCommand,
        unlocked_allowed: bool,
        number: u64,
    ) -> io::Result<(Self, Vec<String>)> {
        let (control, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        set_socket_timeout(&control, Timeout::Send, Some(PATIENCE))?;
        let process = Command::new(&command.program)
            // Who lists processes shall know it.
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
        let order = Order::Lock {
            or_go_on: unlocked_allowed,
        };
        match worker.ask(order, PATIENCE) {
            Ok((Report::Ready { missing }, _)) => Ok((worker, missing)),
            Ok((Report::Refused(reason), _)) => Err(io::Error::other(reason)),
            Ok((report, _)) => Err(unexpected(&report)),
            Err(error) if is_gone(&error) => {
                // If it has not ended, but let go of its socket, it does now.
                worker.process.kill()?;
                let ended = worker.process.wait()?;
                Err(io::Error::other(format!(
                    "the worker ended at once ({ended}): does the program call worker::run_if_asked \
                     first of all in its main?"
                )))
            }
            Err(error) => Err(io::Error::new(
                error.kind(),
                format!("the worker did not start: {error}"),
            )),
        }
    }

    /// Has a child forked.
    fn fork(&mut self) -> Result<Newborn, NotForked> {
        let (report, descriptors) = self.ask(Order::Fork, PATIENCE)?;
        let pid = match report {
            Report::Forked(pid) => pid,
            Report::Failed(error) => {
                return Err(NotForked::NoRoom(io::Error::from_raw_os_error(error)));
            }
            report => return Err(NotForked::Broken(unexpected(&report))),
        };
        let child = match <[OwnedFd; MAX_DESCRIPTORS]>::try_from(descriptors) {
            Ok([requests, answers, unread, pidfd, console]) => Ok(Newborn {
                id: ChildId {
                    pid,
                    worker: self.number,
                },
                pidfd,
                console,
                ends: HostEnds::received([requests, answers, unread]),
            }),
            // There was no room for its descriptors.
            Err(_) => Err(io::Error::from_raw_os_error(libc::EMFILE)),
        };
        let looked = child.and_then(|child| {
            is_child(pid, &child.pidfd, self.process.id()).map(|is_child| (is_child, child))
        });
        match looked {
            Ok((true, child)) => Ok(child),
            Ok((false, _)) => Err(NotForked::Broken(io::Error::new(
                io::ErrorKind::InvalidData,
                "the worker named a process that is not its child",
            ))),
            Err(error) => {
                // Without its pipes it ends, and is to be reaped.
                self.ask(Order::Reap(pid), PATIENCE)?;
                Err(NotForked::NoRoom(error))
            }
        }
    }

    /// Gives an order and waits for its reply. After [`io::ErrorKind::TimedOut`] it can be given
    /// others: a reply that comes late is passed over.
    fn ask(&mut self, order: Order, patience: Duration) -> io::Result<(Report, Vec<OwnedFd>)> {
        self.asked += 1;
        control::send(&self.control, &(self.asked, order), &[])?;
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
    /// Its children die with it.
    fn drop(&mut self) {
        // It may have died already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether `pidfd` stands for the process `pid`, and that is a child of `parent`. The host signals
/// what it was handed, and may signal anybody.
fn is_child(pid: i32, pidfd: &OwnedFd, parent: u32) -> io::Result<bool> {
    let about = fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    let behind = about.lines().find_map(|line| line.strip_prefix("Pid:"));
    if behind.and_then(|number| number.trim().parse().ok()) != Some(pid) {
        return Ok(false);
    }
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        // Its name, before the bracket, may be anything.
        Ok(stat) => Ok(stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1))
            .is_some_and(|number| number.parse() == Ok(parent))),
        // Where `/proc` is mounted so that one user does not see another's processes.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Has the worker reap one of its children. Says how that ended, if it is known.
///
/// # Errors
/// The worker has not answered, or not as a worker does.
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

/// Whether the process ends within this time, or has ended.
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
        format!("the worker answered {report:?}"),
    )
}
