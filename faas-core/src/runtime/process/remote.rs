//! An isolate in a child, as the host uses it: a call goes in, its result comes out, and if it does
//! not, or is nonsense, the child is killed.

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
use super::worker_host::{ChildId, Newborn, PATIENCE, WorkerHost, ends_within};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, LogLine};
use crate::runtime::pool::{Ended, Isolate};
use crate::runtime::quickjs::Form;
use crate::runtime::{Call, Limits, StopReason};

/// How much longer than its time a call may take before its child is killed: a child that can still
/// look at a clock ends by itself, and says what it wrote to its console.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Counting a child's memory takes as long as a short call does. So it is done after each call that
/// took this long, in which a child can have grown much, and after so many that did not.
const LONG: Duration = Duration::from_millis(1);
const SHORT_CALLS: u64 = 64;

/// Bytes of the frame in which a child says that it is ready.
const MAX_GREETING: usize = 16;

/// A process that ends closes its pipes a moment before it has ended, and is given this long.
const ENDING: Duration = Duration::from_millis(100);

/// What a child has of its own once it was forked and locked in, in bytes, by measurement.
const OVERHEAD: usize = 40 << 10;

/// What a child compiled. The host does not look into the bytecode: only a child may load it.
#[derive(Debug)]
pub(super) struct Uploaded {
    pub(super) form: Form,
    pub(super) reads_context: bool,
    pub(super) bytecode: Box<[u8]>,
}

/// A child that waits for a call, or runs one.
#[derive(Debug)]
pub(super) struct RemoteIsolate {
    clock: Arc<dyn Clock>,
    worker_host: Arc<WorkerHost>,
    /// `None` once it was reaped: the number may be another's then.
    id: Option<ChildId>,
    life: Arc<Life>,
    ends: HostEnds,
    recording: Recording,
    frames: Frames,
    outgoing: Vec<u8>,
    holds_secrets: bool,
    serial: u64,
    /// Bytes of its own that the child had when it was forked: what it shares with the worker yet.
    shared: usize,
    /// Bytes of its own that it has had since, and the call after which they were counted.
    bytes: usize,
    counted: u64,
}

/// What it takes to kill a child, and for which of its calls.
#[derive(Debug)]
struct Life {
    pidfd: OwnedFd,
    /// The call that runs; 0 for none.
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
        // It may have ended by itself.
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }
}

impl RemoteIsolate {
    /// Takes a child over once it has locked itself in and is ready.
    ///
    /// # Errors
    /// When it has not become ready: that is no function's fault.
    pub(super) fn new(
        child: Newborn,
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
                "the function's process could not lock itself in",
            )),
        }
    }

    /// Sends what is in `outgoing` and waits for one frame, of at most `max` bytes, for `patience`
    /// from `started` on in all.
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

    /// Puts a request into `outgoing`.
    pub(super) fn say(&mut self, request: &Request<'_>, tail: &[u8]) -> Result<(), Lost> {
        Ok(wire::append(&mut self.outgoing, request, tail)?)
    }

    fn call(&mut self, call: &Call<'_>, program: Option<&Uploaded>) -> Result<Ended, Lost> {
        let started = self.clock.monotonic();
        let (context, limits) = (call.context, call.limits);
        if let Some(program) = program {
            let environment = call.environment.as_json();
            if let Some(environment) = environment {
                // In one piece: what a buffer grows out of is not wiped.
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
            return Err(Lost::Nonsense("more than one answer".to_owned()));
        }
        self.frames.shrink();
        let took = clock.monotonic().saturating_sub(started);
        if took >= LONG || self.counted == 0 || self.serial - self.counted >= SHORT_CALLS {
            self.count_bytes();
        }
        Ok(ended)
    }

    /// Counts the child's memory, as the kernel has it: what the child would say might not be true,
    /// and what it has freed its allocator may have kept.
    fn count_bytes(&mut self) {
        let now = self.id.map_or(0, |id| private_bytes(id.pid));
        let own = now.saturating_sub(self.shared).saturating_add(OVERHEAD);
        self.bytes = own.saturating_add(self.recording.bytes());
        self.counted = self.serial;
    }

    /// What the call wrote to its console that has no answer, within its limits.
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

    /// Why the child is lost, as the failure of the call that it ran.
    fn failure(&mut self, lost: Lost, call: &Call<'_>) -> Failure {
        let ended = matches!(lost, Lost::Ended) && ends_within(ENDING, &self.life.pidfd);
        self.life.kill();
        if let Some(reason) = call.stop.reason() {
            return reason.failure(call.limits.timeout);
        }
        match lost {
            Lost::Late => StopReason::Timeout.failure(call.limits.timeout),
            Lost::Nonsense(what) => Failure::new(
                FailureKind::UserError,
                format!("the function's process was ended: it answered with {what}"),
            ),
            Lost::Ended if ended => of_end(self.worker_host.reap_soon(&mut self.id)),
            Lost::Ended => Failure::new(
                FailureKind::UserError,
                "the function's process was ended: it had closed its connection",
            ),
        }
    }

    /// Kills the child, unless it has ended by itself.
    pub(super) fn kill(&self) {
        self.life.kill();
    }

    /// Kills the child, unless it has ended by itself, and says how it ended; `None` when nobody
    /// knows.
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
            // Of its timeout the child knows, and who waits for it does.
            if reason != StopReason::Timeout {
                life.end(serial);
            }
        });
        let answered = self.call(call, program);
        *self.life.running.lock() = 0;
        // A kill that met the end of the call may be on its way. One that comes later meets no call.
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

    /// It has not ended, and has not said anything without being asked.
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

/// Bytes of memory that a process does not share through a file: `statm` of proc(5). It is not
/// reaped yet, so the number is still its own.
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

/// Whole microseconds, as the wire has them.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
