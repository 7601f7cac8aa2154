//! Accepted executions that wait in the store because their function has filled its share of the
//! queue.
//!
//! Here they are only ids, so that one function with much to do does not hold up the accepted
//! executions of others. They are read from the store again when there is a place for them.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Engine;
use super::admission::Place;
use super::backlog::{After, take_up_pending};
use super::in_flight::InFlightGuard;
use crate::error::QueueBound;
use crate::model::{Execution, ExecutionId, FunctionId};

/// How many are kept, of some 40 bytes each. Past that, whoever takes executions up waits for a place.
const MOST: usize = 100_000;

#[derive(Default)]
pub(super) struct Parked {
    functions: Mutex<HashMap<FunctionId, VecDeque<(InFlightGuard, After)>>>,
    changed: Notify,
}

impl Parked {
    pub(super) fn len(&self) -> usize {
        self.functions.lock().values().map(VecDeque::len).sum()
    }

    fn push(&self, function: FunctionId, guard: InFlightGuard, after: After) {
        let mut functions = self.functions.lock();
        let parked = functions.entry(function).or_default();
        parked.push_back((guard, after));
        drop(functions);
        self.changed.notify_one();
    }

    fn pop(&self, function: FunctionId) -> Option<(InFlightGuard, After)> {
        let mut functions = self.functions.lock();
        let parked = functions.get_mut(&function)?;
        let first = parked.pop_front();
        if parked.is_empty() {
            functions.remove(&function);
        }
        first
    }

    /// The functions that have some.
    fn functions(&self) -> Vec<FunctionId> {
        self.functions.lock().keys().copied().collect()
    }

    /// Whether `execution` was parked last.
    fn is_last(&self, function: FunctionId, execution: ExecutionId) -> bool {
        let functions = self.functions.lock();
        let last = functions.get(&function).and_then(VecDeque::back);
        last.is_some_and(|(guard, _)| guard.id() == execution)
    }
}

/// Waits for a place in the queue. If the function has filled its share, parks the execution instead.
pub(super) async fn reserve_or_park(
    engine: &Engine,
    execution: &Execution,
    guard: InFlightGuard,
) -> Option<(Place, InFlightGuard)> {
    let (function, bytes) = (execution.function_id, execution.input.len());
    match engine.0.queue.try_reserve(function, bytes) {
        Ok(place) => Some((place, guard)),
        Err(QueueBound::FunctionJobs | QueueBound::FunctionBytes)
            if engine.0.parked.len() < MOST =>
        {
            // It is due: it waits for a place and for nothing else.
            let after = After::Attempt(execution.attempt);
            engine.0.parked.push(function, guard, after);
            None
        }
        Err(_) => Some((engine.0.queue.reserve(function, bytes).await, guard)),
    }
}

/// The task that takes up parked executions when there is a place for them.
pub(super) async fn feed(engine: Engine) {
    let (parked, queue) = (&engine.0.parked, &engine.0.queue);
    loop {
        // First, so that a place that is given back from here on is noticed.
        queue.admission().watch_shares();
        for function in parked.functions() {
            while !queue.admission().is_full_for(function) {
                let Some((guard, after)) = parked.pop(function) else {
                    break;
                };
                let id = guard.id();
                take_up_pending(&engine, guard, after).await;
                // There was a place, but not for so many bytes.
                if parked.is_last(function, id) {
                    break;
                }
            }
        }
        tokio::select! {
            () = parked.changed.notified() => {}
            () = queue.admission().share_freed() => {}
        }
    }
}
