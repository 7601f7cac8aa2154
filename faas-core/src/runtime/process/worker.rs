//! The worker: the process that forks children.
//!
//! The worker is the same program as the host, started again with other arguments. A host must call
//! [`run_if_asked`] first in its `main`:
//!
//! ```no_run
//! use faas_core::runtime::{Processes, ProcessesOptions, worker};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     worker::run_if_asked();
//!     // Start threads, runtimes and logging after it.
//!     let runtime = Processes::new(ProcessesOptions::default())?;
//!     # drop(runtime);
//!     Ok(())
//! }
//! ```

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ExitCode, Termination};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::net::SocketType;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, WaitOptions, getrlimit, pidfd_open, setrlimit, waitpid,
};
use rustix::stdio::dup2_stdin;

use super::channel::{self, ChildEnds, HostEnds};
use super::child::Child;
use super::control::{self, Order, Report};
use super::flight_recorder;
use super::fork::Fork;
use super::sandbox::{self, Prepared};
use crate::clock::SystemClock;
use crate::runtime::quickjs::Isolate;
use crate::runtime::step::ForkedEngine;

/// The argument that makes a program a worker.
pub const ARGUMENT: &str = "faas-worker";

/// The stack size of a child, in bytes: the compiler recurses deeply. Untouched pages cost nothing.
const STACK: u64 = 64 << 20;

/// How often to check for children that take long to die.
const SWEEP: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Returns whether this process was started with [`ARGUMENT`].
pub(super) fn is_asked() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == ARGUMENT)
}

/// Runs the worker and exits, if this process was started as one; otherwise returns. Call it first
/// in `main`, while there is one thread.
pub fn run_if_asked() {
    if is_asked() {
        std::process::exit(i32::from(run().report() != ExitCode::SUCCESS));
    }
}

/// Runs the worker until the host that started this process is gone. For programs with their own
/// command line; others call [`run_if_asked`].
///
/// # Errors
/// When no host started this process, or it has more than one thread.
pub fn run() -> Result<(), WorkerError> {
    serve().map_err(WorkerError)
}

/// The worker could not run.
#[derive(Debug, thiserror::Error)]
#[error("the worker cannot run: {0}")]
pub struct WorkerError(#[source] io::Error);

fn serve() -> io::Result<()> {
    let control = io::stdin().as_fd().try_clone_to_owned()?;
    if rustix::net::sockopt::socket_type(&control).ok() != Some(SocketType::SEQPACKET) {
        return Err(io::Error::other(
            "only a server starts this process; do not start it by hand",
        ));
    }
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other(
            "this process already has several threads: start the worker first in main",
        ));
    }
    // Children must not inherit the socket: the host could then not see that the worker has ended.
    dup2_stdin(File::open("/dev/null")?)?;
    raise_stack_limit();
    set_signals();
    let mut zygote = Zygote::<Isolate>::prepare()?;
    let mut dying = Dying::default();
    while let Some((number, order, attached)) = next_order(&control, &mut dying)? {
        let reply = |report: Report, descriptors: &[BorrowedFd<'_>]| {
            control::send(&control, &(number, report), descriptors)
        };
        let replied = match order {
            Order::Lock {
                optional,
                eval,
                modules,
            } => {
                let file = attached.into_iter().next().filter(|_| modules);
                reply(zygote.lock(optional, eval, file)?, &[])
            }
            Order::Fork => match zygote.fork() {
                Ok(Forked::Child { ends, console }) => {
                    drop(control);
                    // The host sees that the child ended before it was ready.
                    match Child::new(ends, console, zygote) {
                        Ok(child) => child.serve(),
                        Err(_) => std::process::exit(1),
                    }
                }
                Ok(Forked::Parent {
                    pid,
                    pidfd,
                    ends,
                    console,
                }) => {
                    let [requests, answers, unread] = ends.descriptors();
                    let (pidfd, console) = (pidfd.as_fd(), console.as_fd());
                    let descriptors = [requests, answers, unread, pidfd, console];
                    reply(Report::Forked(pid), &descriptors)
                }
                Err(error) => reply(
                    Report::Failed(error.raw_os_error().unwrap_or_default()),
                    &[],
                ),
            },
            Order::Reap(pid) => reply(dying.reap(pid), &[]),
        };
        match replied {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            replied => replied?,
        }
    }
    Ok(())
}

/// Returns the host's next order, its number and the files that are attached; `None` when the host is
/// gone.
fn next_order(
    control: &OwnedFd,
    dying: &mut Dying,
) -> io::Result<Option<(u64, Order, Vec<OwnedFd>)>> {
    let mut asked = [PollFd::new(control, PollFlags::IN)];
    while !dying.0.is_empty() && retry_on_intr(|| poll(&mut asked, Some(&SWEEP)))? == 0 {
        dying.sweep();
    }
    match control::receive(control) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
        received => Ok(received?.map(|((number, order), attached)| (number, order, attached))),
    }
}

/// A process with a blank isolate, ready to fork.
pub(super) struct Zygote<E> {
    /// `None` only if no sandbox is available and the host permitted that.
    pub(super) locks: Option<Prepared>,
    pub(super) isolate: E,
    fork: Fork,
}

enum Forked {
    /// This process is the child.
    Child { ends: ChildEnds, console: OwnedFd },
    Parent {
        pid: i32,
        pidfd: OwnedFd,
        ends: HostEnds,
        console: OwnedFd,
    },
}

impl<E: ForkedEngine> Zygote<E> {
    fn prepare() -> io::Result<Self> {
        let clock = Arc::new(SystemClock::new());
        Ok(Self {
            locks: None,
            isolate: E::blank(clock)?,
            fork: Fork::find(),
        })
    }

    /// Prepares the isolate and enters the sandbox. `modules` is a file with the modules of the host.
    fn lock(&mut self, optional: bool, eval: bool, modules: Option<OwnedFd>) -> io::Result<Report> {
        if eval {
            self.isolate.allow_eval();
        }
        if let Some(modules) = modules {
            let mut bytes = Vec::new();
            File::from(modules).read_to_end(&mut bytes)?;
            if self.isolate.preset(&bytes).is_none() {
                let reason = "the modules of the host cannot be loaded".to_owned();
                return Ok(Report::Refused(reason));
            }
        }
        self.isolate.settle();
        Ok(match sandbox::lock_zygote() {
            Ok(locks) => {
                let missing = locks.missing().iter().map(ToString::to_string).collect();
                self.locks = Some(locks);
                Report::Ready { missing }
            }
            Err(error) if optional => Report::Ready {
                missing: vec![format!("the whole sandbox (for lack of {})", error.lock)],
            },
            Err(error) => Report::Refused(format!("{error}: {}", error.source)),
        })
    }

    #[expect(unsafe_code, reason = "forks")]
    fn fork(&self) -> io::Result<Forked> {
        let (host, child) = channel::open()?;
        let console = flight_recorder::memory()?;
        // SAFETY: this process has one thread, as `serve` checked.
        match unsafe { self.fork.fork() }? {
            0 => {
                drop(host);
                Ok(Forked::Child {
                    ends: child,
                    console,
                })
            }
            pid => {
                drop(child);
                let opened = Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
                match pidfd_open(opened, PidfdFlags::empty()) {
                    Ok(pidfd) => Ok(Forked::Parent {
                        pid,
                        pidfd,
                        ends: host,
                        console,
                    }),
                    Err(error) => {
                        // Without the host's end of its pipe, the child exits.
                        drop(host);
                        let _ = retry_on_intr(|| waitpid(Some(opened), WaitOptions::empty()));
                        Err(error.into())
                    }
                }
            }
        }
    }
}

/// Raises the stack limit of the main thread, which children inherit, for the compiler.
fn raise_stack_limit() {
    let limit = getrlimit(Resource::Stack);
    let most = limit.maximum.map_or(STACK, |maximum| maximum.min(STACK));
    let raised = Rlimit {
        current: Some(most),
        ..limit
    };
    // With a smaller limit, deeply nested code crashes only the child that compiles it.
    let _ = setrlimit(Resource::Stack, raised);
}

/// Ignores signals that reach the whole process group, such as Ctrl-C and a service manager's
/// SIGTERM: the host decides when the worker ends. Resets SIGCHLD, which may be inherited as
/// ignored: the kernel would then discard the exit statuses of children.
#[expect(unsafe_code, reason = "std cannot ignore a signal")]
fn set_signals() {
    // SAFETY: sets no handler.
    unsafe {
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
        // SAFETY: sets no handler.
        unsafe {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}

/// Killed children that have not ended yet. The worker does not block on them: a process in an
/// uninterruptible system call can take any time to die.
#[derive(Default)]
struct Dying(Vec<Pid>);

impl Dying {
    /// Reaps a child now, or later if it has not ended.
    fn reap(&mut self, pid: i32) -> Report {
        let Some(pid) = Pid::from_raw(pid) else {
            return Report::Failed(libc::ECHILD);
        };
        match retry_on_intr(|| waitpid(Some(pid), WaitOptions::NOHANG)) {
            Ok(Some((_, status))) => Report::Reaped(status.as_raw()),
            Ok(None) => {
                self.0.push(pid);
                Report::Failed(libc::EAGAIN)
            }
            Err(error) => Report::Failed(error.raw_os_error()),
        }
    }

    /// Reaps the children that have ended.
    fn sweep(&mut self) {
        self.0.retain(|pid| {
            let waited = retry_on_intr(|| waitpid(Some(*pid), WaitOptions::NOHANG));
            matches!(waited, Ok(None))
        });
    }
}
