//! Drives a call from step to step.
//!
//! Between two steps the call waits for its next timer, for its host calls, for its deadline or for
//! a stop. Meanwhile its instance runs other executions, see [`crate::runtime::CallHost`]; the time until it gets
//! one again is not part of the call's time.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::Isolate;
use crate::clock::Clock;
use crate::runtime::step::{Asked, Ended, HostCall, HostReply, Step, Wait};
use crate::runtime::{Call, HostAnswer, HostError, HostRequest, StopReason};

/// The maximum size of the result of a host call, in bytes. Code gets an error in place of a longer
/// one.
const MAX_RESULT: usize = 32 << 20;

/// Runs a call until it has ended. If `loads`, the isolate loads its program first.
pub(super) async fn drive<I: Isolate>(
    isolate: &mut I,
    call: &Call,
    loads: bool,
    clock: &dyn Clock,
) -> Ended {
    let mut deadline = clock.monotonic().saturating_add(call.limits.timeout);
    let mut host_calls = HostCalls::default();
    let mut step = isolate.start(call, loads).await;
    loop {
        let wait = match step {
            Step::Done(ended) => return ended,
            Step::Wait(wait) => wait,
        };
        let Wait { after, calls } = wait;
        host_calls.start(calls, call);
        let mut paused = Duration::ZERO;
        // A host function that answers at once costs the call no turn.
        if host_calls.replies.is_empty() {
            let left = deadline.saturating_sub(clock.monotonic());
            match pause(isolate, call, &mut host_calls, clock, after, left).await {
                Ok(waited) => paused = waited,
                Err(Interruption::Stop(reason)) => return isolate.stop(call, reason).await,
                Err(Interruption::Lost) => return isolate.end_disturbed(call).await,
            }
        }
        deadline = deadline.saturating_add(paused);
        let replies = std::mem::take(&mut host_calls.replies);
        step = host_calls
            .meanwhile(isolate.resume(call, paused, replies))
            .await;
    }
}

/// Why a call cannot go on after it has waited.
enum Interruption {
    Stop(StopReason),
    Lost,
}

/// Waits until the call can go on and has an instance. Returns how long it waited for the instance.
async fn pause<I: Isolate>(
    isolate: &mut I,
    call: &Call,
    host_calls: &mut HostCalls,
    clock: &dyn Clock,
    after: Option<Duration>,
    left: Duration,
) -> Result<Duration, Interruption> {
    let mut stopped = pin!(call.stop.stopped());
    let mut disturbed = pin!(isolate.disturbed());
    let sleep = clock.sleep(after.unwrap_or(Duration::MAX).min(left));
    call.host.wait();
    tokio::select! {
        biased;
        reason = &mut stopped => return Err(Interruption::Stop(reason)),
        () = &mut disturbed => return Err(Interruption::Lost),
        () = host_calls.next_reply(), if !host_calls.is_empty() => {}
        () = sleep => {
            if after.is_none_or(|after| after >= left) {
                return Err(Interruption::Stop(StopReason::Timeout));
            }
        }
    }
    let mut resumed = call.host.resume();
    loop {
        tokio::select! {
            biased;
            reason = &mut stopped => return Err(Interruption::Stop(reason)),
            () = &mut disturbed => return Err(Interruption::Lost),
            paused = &mut resumed => return Ok(paused),
            () = host_calls.next_reply(), if !host_calls.is_empty() => {}
        }
    }
}

/// The host calls of a call. Dropped with it.
#[derive(Default)]
struct HostCalls {
    /// Bounded by the isolate, by [`crate::runtime::Limits::host_calls`].
    running: FuturesUnordered<Pin<Box<dyn Future<Output = HostReply> + Send>>>,
    /// Not delivered yet.
    replies: Vec<HostReply>,
}

impl HostCalls {
    /// Starts host calls and takes the replies that are ready at once.
    fn start(&mut self, calls: Vec<HostCall>, call: &Call) {
        for HostCall { id, asked } in calls {
            let request = match asked {
                Asked::Stream { stream, action } => HostRequest::Stream { stream, action },
                Asked::Call {
                    binding,
                    function,
                    argument,
                } => {
                    let binding = call.bindings.get(binding);
                    let function = binding.and_then(|binding| binding.functions.get(function));
                    let (Some(binding), Some(function)) = (binding, function) else {
                        let answer = Err(HostError::new(
                            "ERR_UNKNOWN_HOST_FUNCTION",
                            "there is no such host function",
                        ));
                        self.replies.push(HostReply { id, answer });
                        continue;
                    };
                    HostRequest::Call {
                        binding: binding.name.clone(),
                        function: function.clone(),
                        argument,
                    }
                }
            };
            let host = call.host.clone();
            self.running.push(Box::pin(async move {
                let answer = bounded(host.call(request).await);
                HostReply { id, answer }
            }));
        }
        if !self.is_empty() {
            // The future keeps nothing, so that dropping it loses nothing.
            let _ = self.next_reply().now_or_never();
        }
    }

    fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Waits for a reply, and takes the others that are ready.
    async fn next_reply(&mut self) {
        let mut next = self.running.next().await;
        while let Some(reply) = next {
            self.replies.push(reply);
            next = self.running.next().now_or_never().flatten();
        }
    }

    /// Waits for `work`. Host calls go on meanwhile.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.next_reply(), if !self.is_empty() => {}
            }
        }
    }
}

fn bounded(answer: HostAnswer) -> HostAnswer {
    match answer {
        Ok(result) if result.len() > MAX_RESULT => Err(HostError::new(
            "ERR_TOO_LARGE",
            format!(
                "the result has {} bytes: the limit is {MAX_RESULT} bytes",
                result.len()
            ),
        )),
        answer => answer,
    }
}
