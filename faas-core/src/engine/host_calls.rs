//! The host calls of one attempt: their bounds, and what is kept of them.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;

use super::Engine;
use super::exchange::{self, Exchange};
use super::host_streams::Streams;
use super::job::Loaded;
use super::{key_value, network};
use crate::bindings::{Content, HostCall};
use crate::clock::Clock;
use crate::egress::Budget;
use crate::model::{Execution, HostCallRecord, KvUsage};
use crate::options::PlatformOptions;
use crate::runtime::{EXCHANGE, HostAnswer, HostError, NETWORK, Payload};

/// The longest name that is kept, in characters: that of a binding, a dot and that of a function.
const MAX_NAME: usize = 129;

/// The host calls of one attempt so far.
#[derive(Default)]
pub(super) struct HostCalls {
    tally: Mutex<Tally>,
    /// What `fetch` has used.
    pub(super) budget: OnceLock<Arc<Budget>>,
    pub(super) streams: Mutex<Streams>,
    /// The HTTP request that the attempt answers.
    pub(super) exchange: Option<Arc<Exchange>>,
}

#[derive(Default)]
struct Tally {
    begun: usize,
    /// The bytes of all arguments and results.
    bytes: usize,
    records: Vec<HostCallRecord>,
    /// How many ended calls there were besides `records`.
    more: u64,
    /// The operations on keys and values, without those that failed.
    kv: KvUsage,
}

impl HostCalls {
    /// Those of an attempt that answers this request.
    pub(super) fn of(exchange: Option<Arc<Exchange>>) -> Self {
        Self {
            exchange,
            ..Self::default()
        }
    }

    /// Counts a call that begins, and whose argument has so many bytes.
    ///
    /// # Errors
    /// When the attempt has made as many calls as it may, or moved as many bytes.
    fn begin(&self, options: &PlatformOptions, bytes: usize) -> Result<(), HostError> {
        let mut tally = self.tally.lock();
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

    /// Counts the bytes of an argument, of a result or of a piece of a stream.
    ///
    /// # Errors
    /// When the attempt has moved as many as it may.
    pub(super) fn move_bytes(
        &self,
        options: &PlatformOptions,
        bytes: usize,
    ) -> Result<(), HostError> {
        self.tally.lock().move_bytes(options, bytes)
    }

    pub(super) fn keep(&self, record: HostCallRecord) {
        let mut tally = self.tally.lock();
        if tally.records.len() < Execution::MAX_HOST_CALLS {
            tally.records.push(record);
        } else {
            tally.more += 1;
        }
    }

    /// Counts operations on keys and values that begin. Those whose call is dropped may have been
    /// made, so they stay counted.
    pub(super) fn add_kv(&self, operations: &KvUsage) {
        self.tally.lock().kv.add(operations);
    }

    /// The operations have failed.
    pub(super) fn take_back_kv(&self, operations: &KvUsage) {
        self.tally.lock().kv.take_back(operations);
    }

    /// Drops the streams that are open, and moves what was kept to the execution. Returns the
    /// operations on keys and values.
    pub(super) fn move_to(&self, execution: &mut Execution) -> KvUsage {
        let open = std::mem::take(&mut *self.streams.lock());
        drop(open);
        let mut tally = self.tally.lock();
        let free = Execution::MAX_HOST_CALLS.saturating_sub(execution.host_calls.len());
        let fitting = tally.records.len().min(free);
        let more = (tally.records.len() - fitting) as u64 + std::mem::take(&mut tally.more);
        execution.host_calls.extend(tally.records.drain(..fitting));
        execution.more_host_calls = execution.more_host_calls.saturating_add(more);
        tally.records.clear();
        std::mem::take(&mut tally.kv)
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

/// Checks the size of an argument, or of a piece of one.
///
/// # Errors
/// When it has more bytes than are accepted.
pub(super) fn check_argument(options: &PlatformOptions, bytes: usize) -> Result<(), HostError> {
    let most = options.max_host_argument;
    if bytes > most {
        return Err(HostError::new(
            "ERR_TOO_LARGE",
            format!("the argument has {bytes} bytes: at most {most} are accepted"),
        ));
    }
    Ok(())
}

/// Makes a host call and keeps it. If the future is dropped, the call is kept as dropped. A call
/// with a stream for its result is kept when the stream has ended.
pub(super) async fn call(
    engine: &Engine,
    calls: &Arc<HostCalls>,
    function: &Loaded,
    call: HostCall,
    (binding, name): (&str, &str),
    argument: Payload,
) -> HostAnswer {
    let options = &engine.0.options;
    let bytes = argument.len();
    let network = engine.0.network.as_deref();
    let network = network.filter(|_| binding == NETWORK);
    let is_exchange = binding == EXCHANGE;
    let shown = binding.strip_prefix(key_value::PREFIX);
    let mut namespaces = function.namespaces.iter();
    let namespace = namespaces.find(|(name, _)| Some(&**name) == shown);
    let namespace = namespace.map(|(_, namespace)| namespace);
    let mut kept = Kept {
        clock: engine.0.clock.clone(),
        calls: Arc::downgrade(calls),
        record: HostCallRecord {
            attempt: call.attempt,
            name: full_name(shown.unwrap_or(binding), name),
            start_time: engine.0.clock.now(),
            duration: Duration::ZERO,
            bytes_in: bytes as u64,
            bytes_out: 0,
            error: Some("ERR_DROPPED".to_owned()),
            request: None,
        },
        is_request: network.is_some() || (is_exchange && name == "closed"),
        uploaded: Arc::default(),
        since: engine.0.clock.monotonic(),
    };
    let answer = async {
        match namespace {
            Some(_) => key_value::check_frame(&options.kv_limits, bytes)?,
            None => check_argument(options, bytes)?,
        }
        calls.begin(options, bytes)?;
        let argument = match argument {
            Payload::Json(json) => Content::Json(json),
            Payload::Bytes(bytes) => Content::Bytes(bytes),
            Payload::Stream(number) => {
                let taken = calls
                    .streams
                    .lock()
                    .take_argument(options, number, is_exchange);
                let (stream, uploaded) = taken?;
                kept.uploaded = uploaded;
                Content::Stream(stream)
            }
        };
        if let Some(network) = network {
            let argument = argument.into_stream()?;
            let fetched = network::fetch(engine, network, calls, function, &call, argument);
            return guarded(fetched).await;
        }
        if is_exchange {
            let argument = argument.into_stream()?;
            let answer = exchange::call(engine, calls.exchange.as_ref(), name, argument);
            return guarded(answer).await;
        }
        if let Some(namespace) = namespace {
            let frame = argument.into_bytes()?;
            let called = key_value::call(namespace, calls, name, frame);
            return guarded(called).await.map(Content::Bytes);
        }
        let (bindings, given) = (&engine.0.bindings, &function.bindings);
        guarded(bindings.call(given, call, (binding, name), argument)).await
    };
    let result = match answer.await {
        Ok(Content::Json(json)) => Ok(Payload::Json(json)),
        Ok(Content::Bytes(bytes)) => Ok(Payload::Bytes(bytes)),
        Ok(Content::Stream(stream)) => {
            let mut streams = calls.streams.lock();
            return streams
                .open_result(options, stream, kept)
                .map(Payload::Stream);
        }
        Err(error) => Err(error),
    };
    let answer = result.and_then(|result| {
        calls.move_bytes(options, result.len())?;
        Ok(result)
    });
    kept.record.bytes_out = answer.as_ref().map_or(0, |result| result.len() as u64);
    kept.end(answer.as_ref().err());
    answer
}

/// The name of a call as it is kept.
fn full_name(binding: &str, function: &str) -> String {
    let name = binding.chars().chain(['.']).chain(function.chars());
    name.take(MAX_NAME).collect()
}

/// A call that is kept when this is dropped; as dropped, unless it has ended.
pub(super) struct Kept {
    clock: Arc<dyn Clock>,
    /// Weak, because the calls own the streams, and a stream owns this.
    calls: Weak<HostCalls>,
    pub(super) record: HostCallRecord,
    /// Whether it is not kept: the requests of `fetch` are kept one by one, by what makes them.
    is_request: bool,
    /// The bytes of the argument that came in pieces.
    uploaded: Arc<AtomicU64>,
    since: Duration,
}

impl Kept {
    /// The call has ended, with or without an error.
    pub(super) fn end(mut self, error: Option<&HostError>) {
        self.record.error = error.map(|error| error.code.to_string());
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(calls) = self.calls.upgrade().filter(|_| !self.is_request) else {
            return;
        };
        let now = self.clock.monotonic();
        let mut record = self.record.clone();
        record.duration = now.saturating_sub(self.since);
        record.bytes_in += self.uploaded.load(Ordering::Relaxed);
        calls.keep(record);
    }
}

/// A panic of a host function fails its call only.
pub(super) async fn guarded<T>(
    answer: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!("a host function panicked");
            Err(HostError::new("ERR_HOST", "the host function failed"))
        })
}
