//! The host's side of its worker: starting it, having it fork and reap, starting another when it
//! has died.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::channel::{HOST_ENDS, HostEnds};
use super::control::{self, Order, Report};
use super::worker;

/// How long a worker may take to start, and to answer. It does little, but on a machine that may
/// have much else to do.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// A child of the worker's, as the host holds it.
#[derive(Debug)]
pub(super) struct Newborn {
    pub(super) pid: i32,
    pub(super) pidfd: OwnedFd,
    pub(super) console: OwnedFd,
    pub(super) ends: HostEnds,
}

/// Has children made and reaped.
#[derive(Debug)]
pub(super) struct Nursery {
    command: WorkerCommand,
    unlocked_allowed: bool,
    worker: Mutex<Option<Worker>>,
}

/// A worker that runs.
#[derive(Debug)]
struct Worker {
    control: OwnedFd,
    process: Process,
}

impl Nursery {
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
        let (worker, missing) = Worker::start(&command, unlocked_allowed)?;
        let nursery = Self {
            command,
            unlocked_allowed,
            worker: Mutex::new(Some(worker)),
        };
        Ok((nursery, missing))
    }

    /// A new child.
    ///
    /// # Errors
    /// When the system has no room for one, or the worker has died and cannot be started again.
    pub(super) fn fork(&self) -> io::Result<Newborn> {
        let mut slot = self.worker.lock();
        let mut worker = match slot.take() {
            Some(worker) => worker,
            None => self.replacement()?,
        };
        // One that was found dead is replaced once: what happens to the next one as well is no
        // accident.
        let (report, descriptors) = match worker.ask(Order::Fork) {
            Ok(answer) => answer,
            Err(_) => {
                drop(worker);
                worker = self.replacement()?;
                worker.ask(Order::Fork)?
            }
        };
        match (report, <[OwnedFd; HOST_ENDS + 2]>::try_from(descriptors)) {
            (Report::Forked(pid), Ok([requests, answers, unread, pidfd, console])) => {
                *slot = Some(worker);
                Ok(Newborn {
                    pid,
                    pidfd,
                    console,
                    ends: HostEnds::received([requests, answers, unread]),
                })
            }
            (Report::Forked(pid), Err(some)) => {
                // There was no room for its descriptors. Without them it ends, and is to be reaped.
                drop(some);
                worker.ask(Order::Reap(pid))?;
                *slot = Some(worker);
                Err(io::Error::from_raw_os_error(libc::EMFILE))
            }
            (Report::Failed(error), _) => {
                *slot = Some(worker);
                Err(io::Error::from_raw_os_error(error))
            }
            (report, _) => Err(unexpected(&report)),
        }
    }

    /// Waits for a child that was killed, or has ended by itself, and says how; `None` when nobody
    /// knows: the worker has died, and it with it.
    pub(super) fn reap(&self, pid: i32, pidfd: impl AsFd) -> Option<ExitStatus> {
        let mut ended = [PollFd::new(&pidfd, PollFlags::IN)];
        let patience = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        // The worker would wait for it, and everybody for the worker.
        if retry_on_intr(|| poll(&mut ended, Some(&patience))).ok()? == 0 {
            return None;
        }
        let mut slot = self.worker.lock();
        match slot.as_mut()?.ask(Order::Reap(pid)) {
            Ok((Report::Reaped(status), _)) => Some(ExitStatus::from_raw(status)),
            Ok(_) => None,
            Err(_) => {
                *slot = None;
                None
            }
        }
    }

    fn replacement(&self) -> io::Result<Worker> {
        tracing::warn!("the worker has died, and all children with it: starting another");
        let (worker, _) = Worker::start(&self.command, self.unlocked_allowed)?;
        Ok(worker)
    }
}

impl Worker {
    fn start(command: &WorkerCommand, unlocked_allowed: bool) -> io::Result<(Self, Vec<String>)> {
        let (control, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        set_socket_timeout(&control, Timeout::Recv, Some(PATIENCE))?;
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
        let mut worker = Self { control, process };
        let order = Order::Lock {
            or_go_on: unlocked_allowed,
        };
        match worker.ask(order) {
            Ok((Report::Ready { missing }, _)) => Ok((worker, missing)),
            Ok((Report::Refused(reason), _)) => Err(io::Error::other(reason)),
            Ok((report, _)) => Err(unexpected(&report)),
            Err(error) if is_gone(&error) => {
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

    fn ask(&mut self, order: Order) -> io::Result<(Report, Vec<OwnedFd>)> {
        control::send(&self.control, &order, &[])?;
        control::receive(&self.control)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
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
