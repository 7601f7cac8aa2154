//! The events about refused requests: so many per function and second, and the number of the others.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::FunctionId;

/// How many events one function may cause in a window.
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);
/// How many functions are remembered. A refusal of another function is only counted by the metrics.
const FUNCTIONS: usize = 1_000;

/// Decides which refusals become events.
#[derive(Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Default)]
struct State {
    /// The start of the window, on the monotonic clock.
    since: Duration,
    functions: HashMap<FunctionId, Told>,
}

#[derive(Default)]
struct Told {
    /// The events of this window.
    events: u32,
    /// The refusals since the last event.
    more: u64,
}

impl Refusals {
    /// Counts a refusal at `now`, which is monotonic time. Returns whether it becomes an event, and
    /// then how many refusals of the function there were since its last one.
    pub(super) fn admit(&self, function: FunctionId, now: Duration) -> Option<u64> {
        let mut state = self.0.lock();
        if now.saturating_sub(state.since) >= WINDOW {
            state.since = now;
            state.functions.retain(|_, told| {
                told.events = 0;
                told.more > 0
            });
        }
        let is_known = state.functions.contains_key(&function);
        if !is_known && state.functions.len() >= FUNCTIONS {
            return None;
        }
        let told = state.functions.entry(function).or_default();
        if told.events >= MOST {
            told.more += 1;
            return None;
        }
        told.events += 1;
        Some(std::mem::take(&mut told.more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_ten_events_a_second_and_the_next_one_tells_how_many_there_were_more() {
        let refusals = Refusals::default();
        let (one, other) = (FunctionId::from_u128(1), FunctionId::from_u128(2));
        let second = Duration::from_secs(5);
        for _ in 0..10 {
            assert_eq!(refusals.admit(one, second), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(refusals.admit(one, second), None);
        }
        assert_eq!(refusals.admit(other, second), Some(0));
        assert_eq!(refusals.admit(one, second * 3), Some(7));
        assert_eq!(refusals.admit(one, second * 3), Some(0));
    }

    #[test]
    fn the_number_of_functions_that_are_remembered_is_bounded() {
        let refusals = Refusals::default();
        let function = |n: usize| FunctionId::from_u128(n as u128);
        for n in 0..FUNCTIONS {
            assert_eq!(refusals.admit(function(n), WINDOW), Some(0));
        }
        assert_eq!(refusals.admit(function(FUNCTIONS), WINDOW), None);
        assert_eq!(refusals.admit(function(FUNCTIONS), WINDOW * 2), Some(0));
    }
}
