//! Warm isolates.
//!
//! This module decides which isolates stay warm: the most recently used, within bounds on number,
//! memory and age. An isolate is checked out for a call and checked in after it, so no lock is held
//! while user code runs. Evicted isolates are returned to the caller, which drops them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Bounds, Isolate};
use crate::clock::Clock;
use crate::model::FunctionId;

/// The warm isolates.
#[derive(Debug)]
pub(super) struct Warm<I> {
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    state: Mutex<WarmSet<I>>,
}

#[derive(Debug)]
struct WarmSet<I> {
    /// Idle isolates, by the stamp of their last use.
    idle: BTreeMap<u64, Idle<I>>,
    functions: HashMap<FunctionId, Kept>,
    bytes: usize,
    /// The last stamp. Stamps order uses and evictions.
    stamp: u64,
}

#[derive(Debug)]
struct Idle<I> {
    function: FunctionId,
    isolate: I,
    bytes: usize,
    /// When it became idle, on the monotonic clock.
    since: Duration,
}

/// The isolates of one function; removed when there are none.
#[derive(Debug, Default)]
struct Kept {
    /// Its idle isolates, most recently used last.
    idle: Vec<Place>,
    /// How many of its isolates are leased.
    out: usize,
    /// Isolates leased before this stamp are not taken back.
    forgotten: u64,
}

/// An idle isolate's stamp and version.
#[derive(Debug)]
struct Place {
    version: u32,
    stamp: u64,
}

/// The right to check an isolate in. Must end in [`Warm::check_in`].
#[derive(Debug)]
pub(super) struct Lease {
    function: FunctionId,
    version: u32,
    taken: u64,
}

impl<I: Isolate> Warm<I> {
    /// Creates an empty set with `bounds`.
    pub(super) fn new(bounds: Bounds, clock: Arc<dyn Clock>) -> Self {
        Self {
            bounds,
            clock,
            state: Mutex::new(WarmSet {
                idle: BTreeMap::new(),
                functions: HashMap::new(),
                bytes: 0,
                stamp: 0,
            }),
        }
    }

    /// Checks out the most recently used isolate of this version, if there is one. The caller needs
    /// the lease in any case.
    pub(super) fn check_out(&self, (function, version): (FunctionId, u32)) -> (Lease, Option<I>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.stamp += 1;
        let lease = Lease {
            function,
            version,
            taken: state.stamp,
        };
        let kept = state.functions.entry(function).or_default();
        kept.out += 1;
        let at = kept.idle.iter().rposition(|place| place.version == version);
        let isolate = at.and_then(|at| {
            let idle = state.idle.remove(&kept.idle.remove(at).stamp)?;
            state.bytes -= idle.bytes;
            Some(idle.isolate)
        });
        (lease, isolate)
    }

    /// Ends a lease. `isolate` is given if it can take another call. Returns the isolates to drop.
    pub(super) fn check_in(&self, lease: Lease, isolate: Option<I>) -> Vec<I> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let mut dropped = Vec::new();
        let Some(kept) = state.functions.get_mut(&lease.function) else {
            return isolate.into_iter().collect();
        };
        kept.out -= 1;
        match isolate {
            Some(isolate) if lease.taken > kept.forgotten => {
                state.stamp += 1;
                let bytes = isolate.bytes();
                kept.idle.push(Place {
                    version: lease.version,
                    stamp: state.stamp,
                });
                let idle = Idle {
                    function: lease.function,
                    isolate,
                    bytes,
                    since: self.clock.monotonic(),
                };
                state.idle.insert(state.stamp, idle);
                state.bytes += bytes;
            }
            Some(isolate) => dropped.push(isolate),
            None => {}
        }
        state.remove_if_empty(lease.function);
        while state.idle.len() > self.bounds.warm || state.bytes > self.bounds.warm_bytes {
            match state.evict() {
                Some(isolate) => dropped.push(isolate),
                None => break,
            }
        }
        dropped
    }

    /// Evicts a function's isolates: idle ones now, leased ones when they are checked in.
    pub(super) fn forget(&self, function: FunctionId) -> Vec<I> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Some(kept) = state.functions.get_mut(&function) else {
            return Vec::new();
        };
        kept.forgotten = state.stamp;
        let places = std::mem::take(&mut kept.idle);
        let dropped: Vec<_> = places
            .into_iter()
            .filter_map(|place| state.idle.remove(&place.stamp))
            .collect();
        state.bytes -= dropped.iter().map(|idle| idle.bytes).sum::<usize>();
        state.remove_if_empty(function);
        dropped.into_iter().map(|idle| idle.isolate).collect()
    }

    /// Evicts the least recently used isolate.
    pub(super) fn evict(&self) -> Option<I> {
        self.state.lock().evict()
    }

    /// Returns the monotonic time that isolates age by.
    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Evicts isolates that were idle for too long or have died.
    pub(super) fn sweep(&self) -> Vec<I> {
        let now = self.clock.monotonic();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let spent = |idle: &Idle<I>| {
            now.saturating_sub(idle.since) > self.bounds.idle || !idle.isolate.is_alive()
        };
        let stamps: Vec<_> = state
            .idle
            .iter()
            .filter_map(|(stamp, idle)| spent(idle).then_some(*stamp))
            .collect();
        stamps
            .into_iter()
            .filter_map(|stamp| state.take_idle(stamp))
            .collect()
    }

    /// Returns the number of idle isolates and their memory in bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.idle.len(), state.bytes)
    }

    /// Returns the number of functions that have an entry.
    #[cfg(test)]
    fn functions(&self) -> usize {
        self.state.lock().functions.len()
    }
}

impl<I> WarmSet<I> {
    /// Removes the least recently used isolate.
    fn evict(&mut self) -> Option<I> {
        let (&stamp, _) = self.idle.first_key_value()?;
        self.take_idle(stamp)
    }

    /// Removes the idle isolate with this stamp.
    fn take_idle(&mut self, stamp: u64) -> Option<I> {
        let idle = self.idle.remove(&stamp)?;
        self.bytes -= idle.bytes;
        if let Some(kept) = self.functions.get_mut(&idle.function) {
            kept.idle.retain(|place| place.stamp != stamp);
        }
        self.remove_if_empty(idle.function);
        Some(idle.isolate)
    }

    fn remove_if_empty(&mut self, function: FunctionId) {
        let empty = |kept: &Kept| kept.out == 0 && kept.idle.is_empty();
        if self.functions.get(&function).is_some_and(empty) {
            self.functions.remove(&function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::model::Timestamp;
    use crate::runtime::pool::unused::{BLANK, Blank};

    const IDLE: Duration = Duration::from_secs(60);

    fn warm(count: usize, bytes: usize) -> Warm<Blank> {
        warm_by(count, bytes, ManualClock::new(Timestamp::from_millis(0)))
    }

    fn warm_by(count: usize, bytes: usize, clock: ManualClock) -> Warm<Blank> {
        let bounds = Bounds {
            blank: 0,
            warm: count,
            warm_bytes: bytes,
            idle: IDLE,
        };
        Warm::new(bounds, Arc::new(clock))
    }

    const ONE: FunctionId = FunctionId::from_u128(1);
    const TWO: FunctionId = FunctionId::from_u128(2);

    fn keep(warm: &Warm<Blank>, function: FunctionId, version: u32) -> usize {
        let (lease, _) = warm.check_out((function, version));
        warm.check_in(lease, Some(BLANK)).len()
    }

    #[test]
    fn the_least_recently_used_isolate_is_evicted_first() {
        let warm = warm(2, usize::MAX);
        assert_eq!(keep(&warm, ONE, 1), 0);
        assert_eq!(keep(&warm, TWO, 1), 0);
        let (lease, used) = warm.check_out((ONE, 1));
        assert!(warm.check_in(lease, used).is_empty());
        assert_eq!(keep(&warm, FunctionId::from_u128(3), 1), 1);
        assert!(warm.check_out((ONE, 1)).1.is_some());
        assert!(warm.check_out((TWO, 1)).1.is_none());
    }

    #[test]
    fn the_memory_of_idle_isolates_stays_within_its_bound() {
        let one = BLANK.bytes;
        let warm = warm(100, 3 * one + one / 2);
        for function in 0..10 {
            keep(&warm, FunctionId::from_u128(function), 1);
            assert!(warm.size().1 <= 3 * one + one / 2);
        }
        assert_eq!(warm.size().0, 3);
    }

    #[test]
    fn a_leased_isolate_of_a_forgotten_function_is_not_taken_back() {
        let warm = warm(10, usize::MAX);
        keep(&warm, ONE, 1);
        keep(&warm, TWO, 1);
        let (lease, isolate) = warm.check_out((ONE, 1));
        keep(&warm, ONE, 1);
        assert_eq!(warm.forget(ONE).len(), 1);
        assert_eq!(warm.check_in(lease, isolate).len(), 1);
        assert!(warm.check_out((ONE, 1)).1.is_none());
        assert!(warm.check_out((TWO, 1)).1.is_some());
    }

    #[test]
    fn an_isolate_serves_only_its_own_version() {
        let warm = warm(10, usize::MAX);
        keep(&warm, ONE, 1);
        assert!(warm.check_out((ONE, 2)).1.is_none());
        assert!(warm.check_out((ONE, 1)).1.is_some());
    }

    #[test]
    fn idle_and_dead_isolates_are_evicted() {
        let clock = ManualClock::new(Timestamp::from_millis(0));
        let warm = warm_by(10, usize::MAX, clock.clone());
        keep(&warm, ONE, 1);
        clock.advance(IDLE);
        keep(&warm, TWO, 1);
        assert!(warm.sweep().is_empty());
        clock.advance(Duration::from_secs(1));
        assert_eq!(warm.sweep().len(), 1);
        assert!(warm.check_out((ONE, 1)).1.is_none());
        let dead = Blank {
            alive: false,
            ..BLANK
        };
        let (lease, _) = warm.check_out((ONE, 1));
        warm.check_in(lease, Some(dead));
        assert_eq!(warm.sweep().len(), 1);
        assert_eq!(warm.size(), (1, BLANK.bytes));
    }

    #[test]
    fn functions_without_isolates_have_no_entry() {
        let warm = warm(1, usize::MAX);
        for function in 0..10 {
            keep(&warm, FunctionId::from_u128(function), 1);
            let (lease, _) = warm.check_out((FunctionId::from_u128(100 + function), 1));
            warm.check_in(lease, None);
        }
        assert_eq!((warm.size().0, warm.functions()), (1, 1));
        warm.forget(FunctionId::from_u128(9));
        assert_eq!((warm.size(), warm.functions()), ((0, 0), 0));
    }
}
