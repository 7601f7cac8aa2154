//! The recorder: writes what has happened to the store, in groups, and only then reports it.
//!
//! Whatever gathers while one group is committed makes up the next. Callers are answered, and the
//! end of an execution is published, only after the store has committed it.
//!
//! While the store is unavailable, the recorder keeps its records and tries again, the engine admits
//! nothing new, and callers that wait for an answer are told at once. The number of records that it
//! keeps is bounded: past the bound attempts wait, and nothing more runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::Engine;
use super::backlog::After;
use super::record::{Ended, Record};
use crate::error::StoreError;
use crate::error::{Cause, Conflict, Error};
use crate::events::EventKind;
use crate::model::Status;
use crate::store::Written;

/// How many records may wait to be written while the store is available.
const CAPACITY: usize = 1_024;
/// How many records, and how many bytes of them, are kept while the store is unavailable.
const KEPT: usize = 4_096;
const KEPT_BYTES: usize = 256 << 20;
/// The most records in a group.
const GROUP: usize = 512;
/// A group is closed when it has so many bytes of input and output.
const GROUP_BYTES: usize = 8 << 20;
/// The first and the longest wait before a group is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The way to the recorder.
pub(super) struct Recorder {
    sender: mpsc::Sender<Record>,
    unhealthy: AtomicBool,
    /// Records for which there was no room and that need not be written before shutdown ends.
    deferred: Mutex<Vec<Record>>,
}

impl Recorder {
    pub(super) fn new() -> (Self, mpsc::Receiver<Record>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (
            Self {
                sender,
                unhealthy: AtomicBool::new(false),
                deferred: Mutex::default(),
            },
            receiver,
        )
    }

    /// Whether the store took the latest group.
    pub(super) fn is_healthy(&self) -> bool {
        !self.unhealthy.load(Ordering::Relaxed)
    }

    fn unavailable(&self, error: &StoreError) {
        if !self.unhealthy.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the store is unavailable: keeping what was not written");
        }
    }

    fn available(&self, written: usize) {
        if self.unhealthy.swap(false, Ordering::Relaxed) {
            tracing::info!(written, "the store is available again");
        }
    }

    pub(super) async fn send(&self, record: Record) {
        // It fails only when the runtime that the recorder ran on is gone.
        let _ = self.sender.send(record).await;
    }

    /// Sends a record if there is room now, else at shutdown. Never waits. Used for claims that are
    /// released, so there are no more of them than claims.
    pub(super) fn defer(&self, record: Record) {
        if let Err(mpsc::error::TrySendError::Full(record)) = self.sender.try_send(record) {
            self.deferred.lock().push(record);
        }
    }

    /// Writes everything that was sent before, and what was deferred.
    pub(super) async fn drain(&self) {
        // What was being settled when the flush went out is in the channel for the next one.
        self.flush().await;
        let deferred = std::mem::take(&mut *self.deferred.lock());
        for record in deferred {
            self.send(record).await;
        }
        self.flush().await;
    }

    /// Sends a record without waiting: if there is no room now, a task waits for it.
    pub(super) fn send_soon(&self, engine: &Engine, record: Record) {
        if let Err(mpsc::error::TrySendError::Full(record)) = self.sender.try_send(record) {
            let sending = engine.clone();
            engine
                .0
                .handle
                .spawn(async move { sending.0.recorder.send(record).await });
        }
    }

    /// Waits until everything sent before is written.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        self.send(Record::Flush(done)).await;
        let _ = flushed.await;
    }
}

/// The recorder's task. Ends when the engine has finished.
pub(super) async fn record(engine: Engine, mut receiver: mpsc::Receiver<Record>) {
    let mut records = Vec::with_capacity(GROUP);
    let mut backoff = BACKOFF.0;
    loop {
        tokio::select! {
            biased;
            received = receiver.recv_many(&mut records, GROUP) => if received == 0 { return },
            () = engine.0.finished.cancelled() => return,
        }
        while !records.is_empty() {
            let rest = records.split_off(group(&records));
            match commit(&engine, std::mem::replace(&mut records, rest)).await {
                Ok(()) => backoff = BACKOFF.0,
                Err(away) => {
                    let rest = std::mem::replace(&mut records, away.records);
                    records.extend(keep(&engine, rest, &away.error));
                    tokio::select! {
                        () = wait_out(&engine, &mut receiver, &mut records, away.error, backoff) => {}
                        () = engine.0.finished.cancelled() => return,
                    }
                    backoff = (backoff * 2).min(BACKOFF.1);
                }
            }
        }
    }
}

/// How many of `records` make up the next group.
fn group(records: &[Record]) -> usize {
    let mut bytes = 0;
    let fits = records.iter().take(GROUP).take_while(|record| {
        let first = bytes == 0;
        bytes += record.bytes();
        first || bytes <= GROUP_BYTES
    });
    fits.count()
}

/// The store is unavailable, and these were not written.
struct Away {
    records: Vec<Record>,
    error: Arc<StoreError>,
}

/// Waits for `backoff`, and then until the store accepts writes. Records that come in meanwhile are
/// kept up to the bound, and their callers are told at once.
async fn wait_out(
    engine: &Engine,
    receiver: &mut mpsc::Receiver<Record>,
    records: &mut Vec<Record>,
    error: Arc<StoreError>,
    mut backoff: Duration,
) {
    let mut bytes: usize = records.iter().map(Record::bytes).sum();
    loop {
        let mut sleep = engine.0.clock.sleep(backoff);
        loop {
            let may_keep = records.len() < KEPT && bytes < KEPT_BYTES;
            tokio::select! {
                () = &mut sleep => break,
                Some(record) = receiver.recv(), if may_keep => {
                    bytes += record.bytes();
                    records.extend(keep(engine, vec![record], &error));
                }
            }
        }
        if engine.0.store.ping().await.is_ok() {
            break;
        }
        backoff = (backoff * 2).min(BACKOFF.1);
    }
    if records.is_empty() {
        // No record is left whose commit would show that the store is available.
        engine.0.recorder.available(0);
    }
}

/// Commits one group and concludes each of its records. If the store is unavailable, gives back what
/// must still be written.
async fn commit(engine: &Engine, records: Vec<Record>) -> Result<(), Away> {
    let mut writes = Vec::with_capacity(records.len());
    for record in &records {
        record.write(engine, &mut writes);
    }
    let before = engine.0.clock.monotonic();
    let committed = if writes.is_empty() {
        Ok(Vec::new())
    } else {
        engine.0.store.commit(&writes).await
    };
    let took = engine.0.clock.monotonic().saturating_sub(before);
    match committed.map_err(Arc::new) {
        Ok(outcomes) => {
            engine.0.recorder.available(records.len());
            conclude(engine, records, outcomes, took);
            Ok(())
        }
        Err(error) if error.is_retryable() => {
            engine.0.recorder.unavailable(&error);
            Err(Away {
                records: keep(engine, records, &error),
                error,
            })
        }
        Err(error) if records.len() == 1 => {
            let mut left = Vec::new();
            for record in records {
                match record.without_result(&error) {
                    Ok(record) => left.push(record),
                    Err(record) => {
                        tracing::error!(%error, "the store refused a record: it is lost");
                        lose(engine, record, &error);
                    }
                }
            }
            if left.is_empty() {
                return Ok(());
            }
            Box::pin(commit(engine, left)).await
        }
        Err(_) => {
            // One of them is the cause: find it by writing each alone.
            let mut records = records.into_iter();
            while let Some(record) = records.next() {
                if let Err(mut away) = Box::pin(commit(engine, vec![record])).await {
                    let rest = keep(engine, records.collect(), &away.error);
                    away.records.extend(rest);
                    return Err(away);
                }
            }
            Ok(())
        }
    }
}

/// Gives up a record that the store refuses for good.
fn lose(engine: &Engine, record: Record, error: &Arc<StoreError>) {
    match record {
        Record::Claim(job) => {
            engine.0.queue.claimed(Vec::new(), &[job]);
            engine.dispatch();
        }
        Record::Ended(mut ended) => refuse(engine, &mut ended, || {
            Error::Internal(Cause::of(error.clone()))
        }),
        // The waiting caller may have gone away.
        Record::Accept { done, .. } => {
            drop(done.send(Err(Error::Internal(Cause::of(error.clone())))));
        }
        Record::Flush(done) => drop(done.send(())),
        Record::Scaling(_) => {}
    }
}

/// Tells the callers of these records that they are not stored, and returns those that must still be
/// written.
fn keep(engine: &Engine, records: Vec<Record>, error: &Arc<StoreError>) -> Vec<Record> {
    let unavailable = || Error::Unavailable(Cause::of(error.clone()));
    let kept = records.into_iter().filter_map(|record| match record {
        Record::Accept { done, .. } => {
            // The waiting caller may have gone away.
            let _ = done.send(Err(unavailable()));
            None
        }
        Record::Ended(mut ended) => {
            refuse(engine, &mut ended, unavailable);
            Some(Record::Ended(ended))
        }
        Record::Claim(_) | Record::Scaling(_) | Record::Flush(_) => Some(record),
    });
    kept.collect()
}

/// Tells whoever waits for the end of an execution that it is not stored: that it ran, if it did.
fn refuse(engine: &Engine, ended: &mut Ended, otherwise: impl Fn() -> Error) {
    let execution = &ended.execution;
    if execution.start_time.is_none() {
        if let Some(answer) = ended.answer.take() {
            let _ = answer.send(Err(otherwise()));
        }
        return;
    }
    let id = execution.id;
    let reason = match otherwise() {
        Error::Unavailable(cause) | Error::Internal(cause) => cause,
        other => other.to_string().into(),
    };
    let not_stored = || Error::NotStored {
        execution: id,
        reason: reason.clone(),
    };
    if let Some(answer) = ended.answer.take() {
        let _ = answer.send(Err(not_stored()));
    }
    if execution.status.is_terminal() {
        engine.0.waiters.refuse(id, not_stored);
    }
}

/// Answers callers and publishes events for what the store has committed.
fn conclude(engine: &Engine, records: Vec<Record>, outcomes: Vec<Written>, took: Duration) {
    let now = engine.0.clock.now();
    let monotonic = engine.0.clock.monotonic();
    let mut outcomes = outcomes.into_iter();
    let mut events = Vec::with_capacity(records.len());
    let mut answers = Vec::with_capacity(records.len());
    let (mut claimed, mut refused) = (Vec::new(), Vec::new());
    engine.0.counters.ended(|counters| {
        counters.commit.record(took);
        for record in records {
            if let Record::Flush(done) = record {
                let _ = done.send(());
                continue;
            }
            if let Record::Accept { new, done } = record {
                let written: Vec<_> = outcomes.by_ref().take(new.len()).collect();
                for (new, written) in new.into_iter().zip(&written) {
                    if *written == Written::Done {
                        new.stored(engine, now);
                    }
                }
                // The waiting caller may have gone away.
                let _ = done.send(Ok(written));
                continue;
            }
            let written = outcomes.next().unwrap_or(Written::Stale);
            match record {
                Record::Claim(mut job) => {
                    match (written, Arc::make_mut(&mut job.execution).claim()) {
                        (Written::Done, Ok(())) => {
                            if let Some(guard) = &job.guard {
                                let lasts = engine.lease_length(job.function.limits.timeout);
                                guard.claim(job.execution.attempt, lasts);
                            }
                            claimed.push(job);
                        }
                        _ => refused.push(job),
                    }
                }
                Record::Ended(ended) if written == Written::Done => {
                    let Ended {
                        execution,
                        stored,
                        answer,
                        retry_after,
                        ..
                    } = *ended;
                    match execution.status {
                        Status::Completed => events.push(EventKind::Completed(execution.clone())),
                        Status::Failed => events.push(EventKind::Failed(execution.clone())),
                        Status::Pending | Status::Running => {
                            let guard = stored.and_then(|stored| stored.guard);
                            if let (Some(delay), Some(guard)) = (retry_after, guard) {
                                let after = After::Attempt(execution.attempt);
                                let due = monotonic + delay;
                                engine.0.backlog.schedule(guard, due, after);
                                engine.0.counters.add(&engine.0.counters.retries);
                                events.push(EventKind::Retry {
                                    execution_id: execution.id,
                                    function_id: execution.function_id,
                                    retry_count: execution.retry_count,
                                    delay,
                                });
                            }
                        }
                    }
                    if execution.status.is_terminal() {
                        counters.count(&execution, monotonic);
                    }
                    answers.push((answer, execution));
                }
                Record::Ended(ended) => {
                    let (execution_id, attempt) = (ended.execution.id, ended.execution.attempt);
                    tracing::warn!(%execution_id, attempt, "a stale attempt was refused");
                    if let Some(answer) = ended.answer {
                        let _ = answer.send(Err(Conflict::SettledElsewhere.into()));
                    }
                }
                Record::Scaling(event) => events.push(EventKind::Scaling(event)),
                Record::Accept { .. } | Record::Flush(_) => {}
            }
        }
    });
    engine.0.events.publish(now, events);
    if !(claimed.is_empty() && refused.is_empty()) {
        engine.release(engine.0.queue.claimed(claimed, &refused));
    }
    // Something that was accepted or claimed may start.
    engine.dispatch();
    for (answer, execution) in answers {
        if execution.status.is_terminal() {
            engine.0.waiters.tell(&execution);
        }
        if let Some(answer) = answer {
            let _ = answer.send(Ok(execution));
        }
    }
}
