//! Admission: how many jobs may wait, how many bytes they may hold, and the share of one function.
//!
//! Every job has a [`Place`] from when it is admitted until its end is stored. While the job waits, the
//! place counts as one job of the queue. Its input counts in bytes until the end, and its output from
//! when it has run, so that the queue, the instances and the recorder are bounded together.
//!
//! At the bound, new work is refused and says whose bound was met. Work that was accepted earlier
//! waits in the store. An attempt whose output does not fit keeps its instance until the recorder
//! has written what it has.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::QueueBound;
use crate::model::FunctionId;
use crate::options::PlatformOptions;

/// Outputs may take one part in so many of the bytes before attempts wait for the recorder.
const OUTPUT_PART: usize = 4;

/// All places that are given away.
pub(super) struct Admission {
    bounds: Bounds,
    state: Mutex<State>,
    /// Notified when a place, or a part of one, is given back while somebody waits for one.
    freed: Notify,
    /// Notified when a place is given back, if [`Self::watch_shares`] asked for it.
    share_freed: Notify,
    /// Notified when outputs have been written.
    written: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    all: Load,
    function: Load,
    /// The most bytes of outputs that wait for the recorder.
    outputs: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    jobs: usize,
    bytes: usize,
}

#[derive(Default)]
struct State {
    all: Load,
    functions: HashMap<FunctionId, Load>,
    outputs: usize,
    /// How many wait for a place.
    waiting: usize,
    is_watched: bool,
    is_closed: bool,
}

/// A place for one job. It is given back when it is dropped.
pub(super) struct Place {
    admission: Arc<Admission>,
    function: FunctionId,
    held: Load,
    output: usize,
}

impl Load {
    fn add(&mut self, other: Self) {
        self.jobs += other.jobs;
        self.bytes += other.bytes;
    }

    fn subtract(&mut self, other: Self) {
        self.jobs = self.jobs.saturating_sub(other.jobs);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }

    /// Whether one more job of `bytes` fits below `bound`; otherwise whether it is the jobs that do
    /// not.
    fn admits(self, bytes: usize, bound: Self) -> Result<(), Unit> {
        if self.jobs >= bound.jobs {
            Err(Unit::Jobs)
        } else if self.bytes.saturating_add(bytes) > bound.bytes {
            Err(Unit::Bytes)
        } else {
            Ok(())
        }
    }
}

enum Unit {
    Jobs,
    Bytes,
}

impl Admission {
    pub(super) fn new(options: &PlatformOptions) -> Arc<Self> {
        let all = Load {
            jobs: options.queue_capacity,
            bytes: options.queue_bytes,
        };
        let share = |bound: usize| (bound as f64 * options.queue_share).ceil() as usize;
        let function = Load {
            jobs: share(all.jobs).clamp(1, all.jobs),
            // The largest input fits in any case.
            bytes: share(all.bytes).max(options.max_input).min(all.bytes),
        };
        Arc::new(Self {
            bounds: Bounds {
                all,
                function,
                outputs: all.bytes / OUTPUT_PART,
            },
            state: Mutex::default(),
            freed: Notify::new(),
            share_freed: Notify::new(),
            written: Notify::new(),
        })
    }

    /// A place for a new job of `function` with an input of `bytes`, if there is one.
    pub(super) fn try_reserve(
        self: &Arc<Self>,
        function: FunctionId,
        bytes: usize,
    ) -> Result<Place, QueueBound> {
        self.try_reserve_in(&mut self.state.lock(), function, bytes)
    }

    /// Waits for a place: for work that was accepted earlier. Once the queue is closed it returns
    /// at once.
    pub(super) async fn reserve(self: &Arc<Self>, function: FunctionId, bytes: usize) -> Place {
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.state.lock();
                if let Ok(place) = self.try_reserve_in(&mut state, function, bytes) {
                    return place;
                }
                state.waiting += 1;
            }
            freed.await;
        }
    }

    fn try_reserve_in(
        self: &Arc<Self>,
        state: &mut State,
        function: FunctionId,
        bytes: usize,
    ) -> Result<Place, QueueBound> {
        // It may have been accepted when larger inputs were allowed.
        let bytes = bytes.min(self.bounds.function.bytes);
        let held = Load { jobs: 1, bytes };
        let own = state.functions.get(&function).copied().unwrap_or_default();
        if !state.is_closed {
            own.admits(bytes, self.bounds.function)
                .map_err(|unit| match unit {
                    Unit::Jobs => QueueBound::FunctionJobs,
                    Unit::Bytes => QueueBound::FunctionBytes,
                })?;
            state
                .all
                .admits(bytes, self.bounds.all)
                .map_err(|unit| match unit {
                    Unit::Jobs => QueueBound::QueueJobs,
                    Unit::Bytes => QueueBound::QueueBytes,
                })?;
        }
        state.all.add(held);
        state.functions.entry(function).or_default().add(held);
        Ok(Place {
            admission: self.clone(),
            function,
            held,
            output: 0,
        })
    }

    /// Whether a function has filled its share.
    pub(super) fn is_full_for(&self, function: FunctionId) -> bool {
        let state = self.state.lock();
        let own = state.functions.get(&function).copied().unwrap_or_default();
        own.admits(0, self.bounds.function).is_err()
    }

    /// The functions that have filled their shares.
    pub(super) fn full_functions(&self) -> Vec<FunctionId> {
        let state = self.state.lock();
        let full = (state.functions.iter())
            .filter(|(_, own)| own.admits(0, self.bounds.function).is_err());
        full.map(|(id, _)| *id).collect()
    }

    /// Has the next place that is given back notify [`Self::share_freed`].
    pub(super) fn watch_shares(&self) {
        self.state.lock().is_watched = true;
    }

    /// Waits until a place is given back after [`Self::watch_shares`].
    pub(super) async fn share_freed(&self) {
        self.share_freed.notified().await;
    }

    /// Lets everybody in who waits for a place: the queue is closed and takes nothing.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.waiting = 0;
        drop(state);
        self.freed.notify_waiters();
    }

    fn give_back(&self, function: FunctionId, held: Load, output: usize) {
        let mut state = self.state.lock();
        state.all.subtract(held);
        if let Some(own) = state.functions.get_mut(&function) {
            own.subtract(held);
            if *own == Load::default() {
                state.functions.remove(&function);
            }
        }
        state.outputs = state.outputs.saturating_sub(output);
        let is_awaited = std::mem::take(&mut state.waiting) > 0;
        let is_watched = std::mem::take(&mut state.is_watched);
        drop(state);
        if is_awaited {
            self.freed.notify_waiters();
        }
        if is_watched {
            self.share_freed.notify_one();
        }
        if output > 0 {
            self.written.notify_waiters();
        }
    }
}

impl Place {
    /// The job does not wait any more. Its bytes are kept.
    pub(super) fn leave_queue(&mut self) {
        let jobs = std::mem::take(&mut self.held.jobs);
        if jobs > 0 {
            let held = Load { jobs, bytes: 0 };
            self.admission.give_back(self.function, held, 0);
        }
    }

    /// The job has run and made an output of `bytes`, which waits to be written. Waits while the
    /// recorder has as many outputs as it may keep.
    pub(super) async fn add_output(&mut self, bytes: usize) {
        let admission = self.admission.clone();
        loop {
            // Created before the check, so that no notification is missed after it.
            let written = admission.written.notified();
            if self.try_add_output(bytes) {
                return;
            }
            written.await;
        }
    }

    fn try_add_output(&mut self, bytes: usize) -> bool {
        let mut state = self.admission.state.lock();
        if state.outputs > 0 && state.outputs.saturating_add(bytes) > self.admission.bounds.outputs
        {
            return false;
        }
        let more = Load { jobs: 0, bytes };
        state.outputs += bytes;
        state.all.add(more);
        state.functions.entry(self.function).or_default().add(more);
        self.held.add(more);
        self.output += bytes;
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission
            .give_back(self.function, self.held, self.output);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::store::conformance::fixtures::Fixtures;

    fn admission(change: impl FnOnce(&mut PlatformOptions)) -> (Arc<Admission>, [FunctionId; 2]) {
        let mut options = PlatformOptions {
            max_input: 100,
            ..PlatformOptions::default()
        };
        change(&mut options);
        let mut fixtures = Fixtures::new();
        let ids = [fixtures.function("one").id, fixtures.function("two").id];
        (Admission::new(&options), ids)
    }

    fn refused(result: Result<Place, QueueBound>) -> QueueBound {
        result.err().expect("a refusal")
    }

    #[test]
    fn a_place_that_is_dropped_is_given_back() {
        let (admission, [one, _]) = admission(|options| options.queue_capacity = 1);
        let place = admission.try_reserve(one, 1).unwrap();
        assert!(admission.try_reserve(one, 1).is_err());
        drop(place);
        assert!(admission.try_reserve(one, 1).is_ok());
        assert!(admission.state.lock().functions.is_empty());
    }

    #[test]
    fn one_function_fills_its_share_of_the_jobs_and_leaves_the_rest_to_others() {
        let (admission, [one, two]) = admission(|options| options.queue_capacity = 4);
        let _first = [(); 2].map(|()| admission.try_reserve(one, 1).unwrap());
        assert_eq!(
            refused(admission.try_reserve(one, 1)),
            QueueBound::FunctionJobs
        );
        assert!(admission.is_full_for(one) && !admission.is_full_for(two));
        assert_eq!(admission.full_functions(), [one]);
        let _second = [(); 2].map(|()| admission.try_reserve(two, 1).unwrap());
        let third = Fixtures::new().function("three").id;
        assert_eq!(
            refused(admission.try_reserve(third, 1)),
            QueueBound::QueueJobs
        );
    }

    #[test]
    fn bytes_count_until_the_end_of_a_job_and_jobs_only_while_they_wait() {
        let (admission, [one, two]) = admission(|options| {
            options.queue_bytes = 200;
            options.queue_capacity = 2;
        });
        let mut running = admission.try_reserve(one, 80).unwrap();
        running.leave_queue();
        assert_eq!(
            refused(admission.try_reserve(one, 21)),
            QueueBound::FunctionBytes
        );
        let _waiting = admission.try_reserve(one, 20).unwrap();
        let _other = admission.try_reserve(two, 60).unwrap();
        drop(running);
        let (admission, [one, two]) = self::admission(|options| options.queue_bytes = 200);
        let _one = admission.try_reserve(one, 100).unwrap();
        let _two = admission.try_reserve(two, 99).unwrap();
        let third = Fixtures::new().function("three").id;
        assert_eq!(
            refused(admission.try_reserve(third, 2)),
            QueueBound::QueueBytes
        );
    }

    #[test]
    fn outputs_count_until_they_are_written_and_further_ones_wait_for_the_recorder() {
        let (admission, [one, two]) = admission(|options| options.queue_bytes = 400);
        let mut context = Context::from_waker(Waker::noop());
        let mut first = admission.try_reserve(one, 10).unwrap();
        // Larger than outputs may be together: the only one is kept all the same.
        assert!(pin!(first.add_output(190)).poll(&mut context).is_ready());
        assert_eq!(
            refused(admission.try_reserve(one, 1)),
            QueueBound::FunctionBytes
        );
        let mut second = admission.try_reserve(two, 10).unwrap();
        let mut waiting = pin!(second.add_output(50));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn accepted_work_waits_for_a_place_and_is_let_in_when_the_queue_closes() {
        let (admission, [one, two]) = admission(|options| options.queue_capacity = 2);
        let held = [one, two].map(|id| admission.try_reserve(id, 1).unwrap());
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting = pin!(admission.reserve(one, 1));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(held);
        assert!(waiting.as_mut().poll(&mut context).is_ready());

        let _held = [one, two].map(|id| admission.try_reserve(id, 1).unwrap());
        let mut waiting = pin!(admission.reserve(one, 1));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        admission.close();
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }
}
