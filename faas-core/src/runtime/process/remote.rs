//! An isolate in a child, as the host uses it. Sends a call and receives its steps. A child with a
//! late or invalid answer is killed, and so is one that runs while it says that it waits.

use std::future;
use std::io::{self, Write};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::answer::{ABOUT_DROPPED, Lost, at_most_so_old, of_end};
use super::channel::HostEnds;
use super::child_process::{ChildProcess, private_bytes};
use super::exchange::{Exchange, Terms};
use super::flight_recorder::Recording;
use super::outgoing::{Loadable, Outgoing};
use super::wait_budget::WaitBudget;
use super::wire::{self, Frames, Reply, Request, micros};
use super::worker_host::{NewChild, PATIENCE, WorkerHost};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, LogLine};
use crate::runtime::pool::Isolate;
use crate::runtime::step::{Ended, HostReply, Step};
use crate::runtime::{Call, Limits, StopReason, StopSignal, priority};

/// How long after the timeout a child is killed. A child that still responds enforces the timeout
/// itself and sends its console output.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Reading a child's memory takes as long as a short call. It is done after each call that used the
/// processor for at least this time, in which the child can have grown, and after this many shorter
/// calls.
const LONG: Duration = Duration::from_millis(1);
const SHORT_CALLS: u64 = 64;

/// The maximum size of the frame in which a child reports that it is ready, in bytes.
const MAX_GREETING: usize = 16;

/// How often the processor time of a child that waits is checked: first after this time, then after
/// twice as long each time, up to the maximum. It is checked when it goes on as well.
const FIRST_CHECK: Duration = Duration::from_millis(100);
const MAX_CHECK: Duration = Duration::from_secs(1);

/// Private memory of a newly forked and sandboxed child, in bytes, as measured.
const OVERHEAD: usize = 40 << 10;

/// An idle or running child.
#[derive(Debug)]
pub(super) struct RemoteIsolate {
    clock: Arc<dyn Clock>,
    process: Arc<ChildProcess>,
    ends: HostEnds,
    recording: Recording,
    frames: Frames,
    exchange: Exchange,
    pub(super) outgoing: Outgoing,
    /// When the current call must end, on the monotonic clock.
    deadline: Duration,
    /// The child's processor time when its last call ended or began to wait.
    cpu_before: Duration,
    /// The processor time of the current call until it began to wait, or of the last call.
    cpu_time: Duration,
    wait_budget: WaitBudget,
    /// What ended the wait of a call, until that is handled.
    disturbance: Option<Lost>,
    /// Private memory of the child when it was forked, in bytes.
    shared: usize,
    /// Private memory of the child since then, in bytes, and the call after which it was measured.
    bytes: usize,
    counted: u64,
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
            shared: private_bytes(child.id.pid),
            process: Arc::new(ChildProcess::new(child.id, child.pidfd, worker_host)),
            clock,
            ends: child.ends,
            recording: Recording::new(child.console),
            frames: Frames::default(),
            exchange: Exchange::default(),
            outgoing: Outgoing::default(),
            deadline: Duration::ZERO,
            cpu_before: Duration::ZERO,
            cpu_time: Duration::ZERO,
            wait_budget: WaitBudget::default(),
            disturbance: None,
            bytes: OVERHEAD,
            counted: 0,
        };
        let until = isolate.clock.monotonic() + PATIENCE;
        let mut stream = isolate.ends.until(until, &*isolate.clock);
        let said = isolate.frames.next(&mut stream, MAX_GREETING)?;
        match said.map(wire::parse) {
            Some(Ok((Reply::Ready, _))) => {
                isolate.cpu_before = isolate.process.cpu_time();
                Ok(isolate)
            }
            _ => Err(io::Error::other(
                "the function's process could not enter its sandbox",
            )),
        }
    }

    /// Sends `outgoing` and waits for one frame of at most `max` bytes. The whole exchange may last
    /// for `patience` from `started`. Blocks.
    pub(super) fn exchange(
        &mut self,
        started: Duration,
        patience: Duration,
        max: usize,
    ) -> Result<&[u8], Lost> {
        let mut stream = self.ends.until(started + patience, &*self.clock);
        stream.write_all(self.outgoing.bytes())?;
        self.outgoing.clear();
        self.frames.next(&mut stream, max)?.ok_or(Lost::Ended)
    }

    /// Adds the answers of host calls, and that the call goes on.
    fn go(&mut self, paused: Duration, replies: &[HostReply]) -> Result<(), Lost> {
        let serial = self.exchange.serial();
        for HostReply { id, answer } in replies {
            self.exchange.answer(*id);
            self.outgoing.add_answer(serial, *id, answer)?;
        }
        let paused = micros(paused);
        self.outgoing.add(&Request::Go { serial, paused }, &[])
    }

    /// Sends what was `said`, and waits for the end of the step. Kills the child if it fails.
    async fn step(&mut self, call: &Call, said: Result<(), Lost>) -> Step {
        let late = self.deadline.saturating_add(GRACE);
        let (clock, process) = (self.clock.clone(), self.process.clone());
        let before = self.cpu_before;
        let limit = async {
            loop {
                let left = late.saturating_sub(clock.monotonic());
                if left.is_zero() {
                    return;
                }
                clock.sleep(left.min(priority::LONG)).await;
                // On a busy machine a short call can take long too.
                if process.cpu_time().saturating_sub(before) >= priority::LONG / 10 {
                    process.lower();
                }
            }
        };
        let stepped = match said {
            Err(lost) => Err(lost),
            Ok(()) => tokio::select! {
                biased;
                stepped = self.try_step(call) => stepped,
                reason = stopped(&call.stop) => Err(Lost::Stopped(reason)),
                () = limit => Err(Lost::Late),
            },
        };
        self.process.raise();
        match stepped {
            Ok(step) => step,
            Err(lost) => Step::Done(self.lost(lost, call).await),
        }
    }

    async fn try_step(&mut self, call: &Call) -> Result<Step, Lost> {
        self.ends.send(self.outgoing.bytes()).await?;
        self.outgoing.clear();
        let terms = Terms {
            limits: &call.limits,
            bindings: &call.bindings,
        };
        let max = terms.longest_frame();
        let step = loop {
            let frame = self.ends.receive(&mut self.frames, max).await?;
            let frame = frame.ok_or(Lost::Ended)?;
            if let Some(step) = self.exchange.receive(frame, terms, self.clock.now())? {
                break step;
            }
        };
        if self.frames.has_more() {
            return Err(Lost::Invalid("more than one answer".to_owned()));
        }
        self.frames.shrink();
        self.count_cpu_time();
        if matches!(step, Step::Done(_)) {
            let serial = self.exchange.serial();
            if self.cpu_time >= LONG || self.counted == 0 || serial - self.counted >= SHORT_CALLS {
                self.count_bytes();
            }
        }
        Ok(step)
    }

    /// Adds the processor time since the last count to the call's.
    fn count_cpu_time(&mut self) {
        let now = self.process.cpu_time();
        self.cpu_time += now.saturating_sub(self.cpu_before);
        self.cpu_before = now.max(self.cpu_before);
    }

    /// Returns how the child is lost, if it has used too much while it said that it waits.
    fn burnt(&self) -> Option<Lost> {
        self.wait_budget.check(self.used_since_wait())
    }

    /// The processor time that the child has used since its last step ended.
    fn used_since_wait(&self) -> Duration {
        self.process.cpu_time().saturating_sub(self.cpu_before)
    }

    /// Measures the child's memory through the kernel. The child's own figures cannot be trusted,
    /// and its allocator may keep freed memory.
    fn count_bytes(&mut self) {
        let now = self.process.with_pid(private_bytes);
        let own = now.saturating_sub(self.shared).saturating_add(OVERHEAD);
        self.bytes = own.saturating_add(self.recording.bytes());
        self.counted = self.exchange.serial();
    }

    /// Returns the recorded console lines of a call without an answer, within its limits.
    fn recorded(&self, limits: &Limits) -> Vec<LogLine> {
        let now = self.clock.now();
        let mut room = limits.log_bytes.saturating_add(ABOUT_DROPPED);
        let lines = self.recording.lines(self.exchange.serial()).into_iter();
        let fitting = lines.take(limits.log_lines).map_while(|line| {
            room = room.checked_sub(line.message.len())?;
            let at = at_most_so_old(line.at, limits, now);
            Some(LogLine { at, ..line })
        });
        fitting.collect()
    }

    /// Kills the child. Returns the end of the call during which it was lost.
    async fn lost(&mut self, lost: Lost, call: &Call) -> Ended {
        let result = Err(self.failure(lost, call).await);
        Ended {
            result,
            logs: self.recorded(&call.limits),
            reusable: false,
        }
    }

    async fn failure(&mut self, lost: Lost, call: &Call) -> Failure {
        let ended = matches!(lost, Lost::Ended) && self.process.ends_soon(&*self.clock).await;
        self.process.kill();
        self.count_cpu_time();
        if let Some(reason) = call.stop.reason() {
            return reason.failure(call.limits.timeout);
        }
        let killed = |why: String| {
            let message = format!("the function's process was killed: {why}");
            Failure::new(FailureKind::UserError, message)
        };
        match lost {
            Lost::Late => StopReason::Timeout.failure(call.limits.timeout),
            Lost::Stopped(reason) => reason.failure(call.limits.timeout),
            Lost::Invalid(what) => killed(format!("invalid answer: {what}")),
            Lost::Burnt(used) => killed(format!(
                "it used {} ms of processor time while it said that it waited",
                used.as_millis()
            )),
            Lost::Ended if ended => of_end(self.process.reap_soon().await),
            Lost::Ended => killed("it closed its pipes".to_owned()),
        }
    }

    /// Kills the child, if it is still running, and returns its exit status; `None` if unknown.
    /// Blocks until it has ended.
    pub(super) fn end(&mut self) -> Option<ExitStatus> {
        self.process.end()
    }
}

impl Isolate for RemoteIsolate {
    type Program = Loadable;

    async fn start(&mut self, call: &Call, loads: bool) -> Step {
        self.deadline = self.clock.monotonic().saturating_add(call.limits.timeout);
        self.cpu_time = Duration::ZERO;
        self.wait_budget = WaitBudget::default();
        let serial = self.exchange.start();
        let said = self.outgoing.add_call(serial, call, loads);
        self.step(call, said).await
    }

    async fn resume(&mut self, call: &Call, paused: Duration, replies: Vec<HostReply>) -> Step {
        self.deadline = self.deadline.saturating_add(paused);
        let used = self.used_since_wait();
        let said = match self.wait_budget.end_wait(used) {
            Some(lost) => Err(lost),
            None => self.go(paused, &replies),
        };
        self.step(call, said).await
    }

    /// If the deadline has passed, the child ends the call itself, and sends its console output.
    async fn stop(&mut self, call: &Call, reason: StopReason) -> Ended {
        if reason != StopReason::Timeout {
            return self.lost(Lost::Stopped(reason), call).await;
        }
        if let Some(burnt) = self.burnt() {
            return self.lost(burnt, call).await;
        }
        self.deadline = self.clock.monotonic();
        let serial = self.exchange.serial();
        let said = self.outgoing.add(&Request::Expire { serial }, &[]);
        let logs = match self.step(call, said).await {
            Step::Done(ended) => ended.logs,
            Step::Wait(_) => self.recorded(&call.limits),
        };
        Ended {
            result: Err(reason.failure(call.limits.timeout)),
            logs,
            reusable: false,
        }
    }

    async fn disturbed(&mut self) {
        let mut period = FIRST_CHECK;
        let lost = loop {
            tokio::select! {
                sign = self.ends.wait_for_sign() => break match sign {
                    Ok(()) if self.ends.is_closed() => Lost::Ended,
                    Ok(()) => Lost::Invalid("message while it waits".to_owned()),
                    Err(error) => error.into(),
                },
                () = self.clock.sleep(period) => {}
            }
            if let Some(burnt) = self.burnt() {
                break burnt;
            }
            period = (2 * period).min(MAX_CHECK);
        };
        self.disturbance = Some(lost);
    }

    async fn end_disturbed(&mut self, call: &Call) -> Ended {
        let lost = self.disturbance.take().unwrap_or(Lost::Ended);
        self.lost(lost, call).await
    }

    fn cpu_time(&self) -> Duration {
        self.cpu_time
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    /// The child is alive and has sent nothing unrequested.
    fn is_alive(&self) -> bool {
        !self.frames.has_more() && self.ends.is_silent()
    }

    fn kill(&mut self) {
        self.process.kill();
    }
}

/// Waits until a call is stopped for another reason than its timeout, which is enforced here anyway.
async fn stopped(stop: &StopSignal) -> StopReason {
    match stop.stopped().await {
        StopReason::Timeout => future::pending().await,
        reason => reason,
    }
}
