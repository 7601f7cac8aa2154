//! The host calls of one attempt: their bounds, and what is kept of them.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;

use super::Engine;
use crate::bindings::HostCall;
use crate::model::{Execution, HostCallRecord};
use crate::options::PlatformOptions;
use crate::runtime::{BindingNames, HostAnswer, HostError, HostRequest};

/// The longest name that is kept, in characters: that of a binding, a dot and that of a function.
const MAX_NAME: usize = 129;

/// The host calls of one attempt so far.
#[derive(Default)]
pub(super) struct HostCalls(Mutex<Tally>);

#[derive(Default)]
struct Tally {
    begun: usize,
    /// The bytes of all arguments and results.
    bytes: usize,
    records: Vec<HostCallRecord>,
    /// How many ended calls there were besides `records`.
    more: u64,
}

impl HostCalls {
    /// Counts a call that begins.
    ///
    /// # Errors
    /// When the attempt has made as many calls as it may, or moved as many bytes.
    fn begin(&self, options: &PlatformOptions, bytes: usize) -> Result<(), HostError> {
        let most = options.max_host_argument;
        if bytes > most {
            return Err(HostError::new(
                "ERR_TOO_LARGE",
                format!("the argument has {bytes} bytes: at most {most} are accepted"),
            ));
        }
        let mut tally = self.0.lock();
        let most = options.max_host_calls;
        if tally.begun >= most {
            return Err(HostError::new(
                "ERR_TOO_MANY_HOST_CALLS",
                format!("an attempt may make at most {most} host calls"),
            ));
        }
        tally.move_bytes(options, bytes)?;
        tally.begun += 1;
        Ok(())
    }

    fn keep(&self, record: HostCallRecord) {
        let mut tally = self.0.lock();
        if tally.records.len() < Execution::MAX_HOST_CALLS {
            tally.records.push(record);
        } else {
            tally.more += 1;
        }
    }

    /// Moves what was kept to the execution.
    pub(super) fn move_to(&self, execution: &mut Execution) {
        let mut tally = self.0.lock();
        let free = Execution::MAX_HOST_CALLS.saturating_sub(execution.host_calls.len());
        let fitting = tally.records.len().min(free);
        let more = (tally.records.len() - fitting) as u64 + std::mem::take(&mut tally.more);
        execution.host_calls.extend(tally.records.drain(..fitting));
        execution.more_host_calls = execution.more_host_calls.saturating_add(more);
        tally.records.clear();
    }
}

impl Tally {
    fn move_bytes(&mut self, options: &PlatformOptions, bytes: usize) -> Result<(), HostError> {
        let most = options.max_host_bytes;
        let all = self.bytes.saturating_add(bytes);
        if all > most {
            return Err(HostError::new(
                "ERR_TOO_MANY_HOST_BYTES",
                format!("the host calls of an attempt may move at most {most} bytes"),
            ));
        }
        self.bytes = all;
        Ok(())
    }
}

/// Makes a host call and keeps it. If the future is dropped, the call is kept as dropped.
pub(super) async fn call(
    engine: &Engine,
    calls: &HostCalls,
    given: &[BindingNames],
    call: HostCall,
    request: HostRequest,
) -> HostAnswer {
    let options = &engine.0.options;
    let bytes = request.argument.len();
    let mut kept = Kept {
        engine,
        calls,
        record: HostCallRecord {
            attempt: call.attempt,
            name: name(&request),
            start_time: engine.0.clock.now(),
            duration: Duration::ZERO,
            bytes_in: bytes as u64,
            bytes_out: 0,
            error: Some("ERR_DROPPED".to_owned()),
        },
        since: engine.0.clock.monotonic(),
    };
    let answer = match calls.begin(options, bytes) {
        Ok(()) => guarded(engine.0.bindings.call(given, call, request)).await,
        Err(error) => Err(error),
    };
    let answer = answer.and_then(|result| {
        calls.0.lock().move_bytes(options, result.len())?;
        Ok(result)
    });
    kept.record.bytes_out = answer.as_ref().map_or(0, |result| result.len() as u64);
    kept.record.error = answer.as_ref().err().map(|error| error.code.to_string());
    answer
}

/// The name of a call as it is kept.
fn name(request: &HostRequest) -> String {
    let HostRequest {
        binding, function, ..
    } = request;
    let name = binding.chars().chain(['.']).chain(function.chars());
    name.take(MAX_NAME).collect()
}

/// A call that is kept when this is dropped.
struct Kept<'a> {
    engine: &'a Engine,
    calls: &'a HostCalls,
    record: HostCallRecord,
    since: Duration,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let now = self.engine.0.clock.monotonic();
        self.calls.keep(HostCallRecord {
            duration: now.saturating_sub(self.since),
            ..self.record.clone()
        });
    }
}

/// A panic of a host function fails its call only.
async fn guarded(answer: impl Future<Output = HostAnswer>) -> HostAnswer {
    AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!("a host function panicked");
            Err(HostError::new("ERR_HOST", "the host function failed"))
        })
}
