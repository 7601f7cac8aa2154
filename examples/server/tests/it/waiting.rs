//! Waiting for a condition: polls with a short pause, and fails the test only after a minute.

use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(10);

/// A minute of pauses: only a condition that never holds takes that long.
const TRIES: usize = 6_000;

/// Waits until `condition` holds. `what` names it in the failure.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Waits until `find` finds a value, and returns it. `what` names it in the failure.
pub(crate) fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    for _ in 0..TRIES {
        if let Some(value) = find() {
            return value;
        }
        thread::park_timeout(PAUSE);
    }
    panic!("never happened: {what}");
}
