//! An isolate in a child, as the host uses it. Sends a call and receives its answer. A child with a
//! late or invalid answer is killed.

use std::io::{self, Write};
use std::mem;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::param::page_size;
use rustix::process::{Signal, pidfd_send_signal};
use zeroize::Zeroize as _;

use super::answer::{ABOUT_DROPPED, AROUND, Lost, at_most_so_old, checked, longest, of_end};
use super::channel::HostEnds;
use super::flight_recorder::Recording;
use super::wire::{self, CallHead, Frames, Reply, Request};
use super::worker_host::{ChildId, NewChild, PATIENCE, WorkerHost, ends_within};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, LogLine};
use crate::runtime::pool::{Ended, Isolate};
use crate::runtime::quickjs::Form;
use crate::runtime::{Call, Limits, StopReason};

/// How long after the timeout a child is killed. A child that still responds enforces the timeout
/// itself and sends its console output.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Reading a child's memory takes as long as a short call. It is done after each call of at least
/// this duration, in which the child can have grown, and after this many shorter calls.
const LONG: Duration = Duration::from_millis(1);
const SHORT_CALLS: u64 = 64;

/// The maximum size of the frame in which a child reports that it is ready, in bytes.
const MAX_GREETING: usize = 16;

/// How long to wait for the end of a child that has closed its pipes; an ending process closes them
/// first.
const ENDING: Duration = Duration::from_millis(100);

/// Private memory of a newly forked and sandboxed child, in bytes, as measured.
const OVERHEAD: usize = 40 << 10;

/// The program that a child compiled. The host does not read the bytecode; only a child may load
/// it.
#[derive(Debug)]
pub(super) struct Uploaded {
    pub(super) form: Form,
    pub(super) reads_context: bool,
    pub(super) bytecode: Box<[u8]>,
}

/// An idle or running child.
#[derive(Debug)]
pub(super) struct RemoteIsolate {
    clock: Arc<dyn Clock>,
    worker_host: Arc<WorkerHost>,
    /// `None` after it was reaped, because the process id may be reused.
    id: Option<ChildId>,
    life: Arc<Life>,
    ends: HostEnds,
    recording: Recording,
    frames: Frames,
    outgoing: Vec<u8>,
    holds_secrets: bool,
    serial: u64,
    /// Private memory of the child when it was forked, in bytes.
    shared: usize,
    /// Private memory of the child since then, in bytes, and the call after which it was measured.
    bytes: usize,
    counted: u64,
}

/// Kills a child, or only a certain call of it.
#[derive(Debug)]
struct Life {
    pidfd: OwnedFd,
    /// The serial number of the running call; 0 for none.
    running: Mutex<u64>,
}

impl Life {
    /// Kills the child if it runs this call.
    fn end(&self, serial: u64) {
        let running = self.running.lock();
        if *running == serial {
            self.kill();
        }
    }

    fn kill(&self) {
        // The child may have ended already.
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }
}

impl RemoteIsolate {
    /// Takes a newly forked child, once it is sandboxed and ready.
    ///
    /// # Errors
    /// When the child did not become ready. This is not the function's fault.
    pub(super) fn new(
        child: NewChild,
        worker_host: Arc<WorkerHost>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let mut isolate = Self {
            clock,
            worker_host,
            id: Some(child.id),
            life: Arc::new(Life {
                pidfd: child.pidfd,
                running: Mutex::new(0),
            }),
            ends: child.ends,
            recording: Recording::new(child.console),
            frames: Frames::default(),
            outgoing: Vec::new(),
            holds_secrets: false,
            serial: 0,
            shared: private_bytes(child.id.pid),
            bytes: OVERHEAD,
            counted: 0,
        };
        let until = isolate.clock.monotonic() + PATIENCE;
        let mut stream = isolate.ends.until(until, &*isolate.clock);
        let said = isolate.frames.next(&mut stream, MAX_GREETING)?;
        match said.map(wire::parse) {
            Some(Ok((Reply::Ready, _))) => Ok(isolate),
            _ => Err(io::Error::other(
                "the function's process could not enter its sandbox",
            )),
        }
    }

    /// Sends `outgoing` and waits for one frame of at most `max` bytes. The whole exchange may last
    /// for `patience` from `started`.
    pub(super) fn exchange(
        &mut self,
        started: Duration,
        patience: Duration,
        max: usize,
    ) -> Result<&[u8], Lost> {
        let mut stream = self.ends.until(started + patience, &*self.clock);
        stream.write_all(&self.outgoing)?;
        if mem::take(&mut self.holds_secrets) {
            self.outgoing.zeroize();
        }
        self.outgoing.clear();
        self.outgoing.shrink_to(wire::KEPT_BUFFER);
        self.frames.next(&mut stream, max)?.ok_or(Lost::Ended)
    }

    /// Appends a request to `outgoing`.
    pub(super) fn say(&mut self, request: &Request<'_>, tail: &[u8]) -> Result<(), Lost> {
        Ok(wire::append(&mut self.outgoing, request, tail)?)
    }

    fn call(&mut self, call: &Call<'_>, program: Option<&Uploaded>) -> Result<Ended, Lost> {
        let started = self.clock.monotonic();
        let (context, limits) = (call.context, call.limits);
        if let Some(program) = program {
            let environment = call.environment.as_json();
            if let Some(environment) = environment {
                // Reserve everything at once: a reallocation would leave secrets behind.
                let code = program.bytecode.len();
                let length = environment.len() + code + call.input.len() + AROUND;
                self.outgoing.reserve(length);
                self.holds_secrets = true;
            }
            let load = Request::Load {
                form: program.form,
                reads_context: program.reads_context,
                environment,
            };
            self.say(&load, &program.bytecode)?;
        }
        let head = CallHead {
            serial: self.serial,
            execution_id: context.execution_id.as_u128(),
            function_id: context.function_id.as_u128(),
            function_version: call.function.1,
            function_name: &context.function_name,
            attempt: context.attempt,
            deadline: context.deadline.as_micros(),
            instance_id: context.instance_id.as_str(),
            timeout: micros(limits.timeout),
            memory: limits.memory as u64,
            output: limits.output as u64,
            log_lines: limits.log_lines as u64,
            log_bytes: limits.log_bytes as u64,
        };
        self.say(&Request::Call(head), call.input.bytes())?;
        let (serial, clock) = (self.serial, self.clock.clone());
        let answer = self.exchange(started, limits.timeout + GRACE, longest(limits))?;
        let now = clock.now();
        let ended = checked(answer, serial, limits, now)?;
        if self.frames.has_more() {
            return Err(Lost::Invalid("more than one answer".to_owned()));
        }
        self.frames.shrink();
        let took = clock.monotonic().saturating_sub(started);
        if took >= LONG || self.counted == 0 || self.serial - self.counted >= SHORT_CALLS {
            self.count_bytes();
        }
        Ok(ended)
    }

    /// Measures the child's memory through the kernel. The child's own figures cannot be trusted,
    /// and its allocator may keep freed memory.
    fn count_bytes(&mut self) {
        let now = self.id.map_or(0, |id| private_bytes(id.pid));
        let own = now.saturating_sub(self.shared).saturating_add(OVERHEAD);
        self.bytes = own.saturating_add(self.recording.bytes());
        self.counted = self.serial;
    }

    /// Returns the recorded console lines of a call without an answer, within its limits.
    fn recorded(&self, limits: &Limits) -> Vec<LogLine> {
        let now = self.clock.now();
        let mut room = limits.log_bytes.saturating_add(ABOUT_DROPPED);
        let lines = self.recording.lines(self.serial).into_iter();
        let fitting = lines.take(limits.log_lines).map_while(|line| {
            room = room.checked_sub(line.message.len())?;
            let at = at_most_so_old(line.at, limits, now);
            Some(LogLine { at, ..line })
        });
        fitting.collect()
    }

    /// Returns the failure of the call during which the child was lost.
    fn failure(&mut self, lost: Lost, call: &Call<'_>) -> Failure {
        let ended = matches!(lost, Lost::Ended) && ends_within(ENDING, &self.life.pidfd);
        self.life.kill();
        if let Some(reason) = call.stop.reason() {
            return reason.failure(call.limits.timeout);
        }
        match lost {
            Lost::Late => StopReason::Timeout.failure(call.limits.timeout),
            Lost::Invalid(what) => Failure::new(
                FailureKind::UserError,
                format!("the function's process was killed: invalid answer: {what}"),
            ),
            Lost::Ended if ended => of_end(self.worker_host.reap_soon(&mut self.id)),
            Lost::Ended => Failure::new(
                FailureKind::UserError,
                "the function's process was killed: it closed its pipes",
            ),
        }
    }

    /// Kills the child, if it is still running.
    pub(super) fn kill(&self) {
        self.life.kill();
    }

    /// Kills the child, if it is still running, and returns its exit status; `None` if unknown.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.life.kill();
        self.worker_host.reap(self.id.take()?, &self.life.pidfd)
    }
}

impl Isolate for RemoteIsolate {
    type Program = Uploaded;

    fn run(&mut self, call: &Call<'_>, program: Option<&Uploaded>) -> Ended {
        self.serial += 1;
        let serial = self.serial;
        *self.life.running.lock() = serial;
        let life = self.life.clone();
        call.stop.on_stop(move |reason| {
            // The child and the deadline in `exchange` enforce the timeout.
            if reason != StopReason::Timeout {
                life.end(serial);
            }
        });
        let answered = self.call(call, program);
        *self.life.running.lock() = 0;
        // A kill sent at the end of the call may still arrive. After this check, no kill can hit a
        // later call.
        let spared = call
            .stop
            .reason()
            .is_none_or(|reason| reason == StopReason::Timeout);
        match answered {
            Ok(ended) => Ended {
                reusable: ended.reusable && spared,
                ..ended
            },
            Err(lost) => Ended {
                result: Err(self.failure(lost, call)),
                logs: self.recorded(call.limits),
                reusable: false,
            },
        }
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    /// The child is alive and has sent nothing unrequested.
    fn is_alive(&self) -> bool {
        !self.frames.has_more() && self.ends.is_silent()
    }
}

impl Drop for RemoteIsolate {
    fn drop(&mut self) {
        self.outgoing.zeroize();
        self.end();
    }
}

/// Returns the memory, in bytes, that a process does not share through a file: `statm` of proc(5).
/// The child is not reaped yet, so the process id is still its own.
fn private_bytes(pid: i32) -> usize {
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

/// Whole microseconds, as on the wire.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
