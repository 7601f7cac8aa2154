//! How many texts are compiled at the same time.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::compile::cannot_now;
use crate::error::CompileError;

/// Threads that may have been given up on and still run. With more of them, nothing is compiled.
const MAX_ABANDONED: usize = 4;

/// The longest text, in bytes, that never takes long to compile. The worst that is known takes time
/// with the square of its length: 34 ms at this one, and seconds at ten times as much.
const SHORT: usize = 64 << 10;

/// Turns for short texts, and others for long ones: whoever keeps the compiler busy with texts that
/// take seconds holds up nobody whose text does not.
#[derive(Debug, Clone)]
pub(in crate::runtime) struct Lanes {
    short: Arc<Slots>,
    long: Arc<Slots>,
}

impl Lanes {
    /// Room for so many short texts at a time, and for as many long ones.
    pub(in crate::runtime) fn new(concurrency: usize) -> Self {
        Self {
            short: Arc::new(Slots::new(concurrency)),
            long: Arc::new(Slots::new(concurrency)),
        }
    }

    /// The turns that a text of this length waits for.
    pub(in crate::runtime) const fn of(&self, length: usize) -> &Arc<Slots> {
        if length <= SHORT {
            &self.short
        } else {
            &self.long
        }
    }
}

/// A bounded number of turns.
#[derive(Debug)]
pub(in crate::runtime) struct Slots {
    state: Mutex<Turns>,
    freed: Condvar,
}

#[derive(Debug)]
struct Turns {
    free: usize,
    abandoned: usize,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(in crate::runtime) struct Turn<'a>(&'a Slots);

impl Slots {
    /// Room for so many at a time, and for one at least.
    fn new(concurrency: usize) -> Self {
        Self {
            state: Mutex::new(Turns {
                free: concurrency.max(1),
                abandoned: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Waits for a turn, for `timeout` at most.
    pub(in crate::runtime) fn take(&self, timeout: Duration) -> Result<Turn<'_>, CompileError> {
        let mut state = self.state.lock();
        let busy = |state: &mut Turns| state.free == 0 || state.abandoned >= MAX_ABANDONED;
        if busy(&mut state) {
            self.freed.wait_while_for(&mut state, busy, timeout);
        }
        if busy(&mut state) {
            return Err(cannot_now("too much is being compiled"));
        }
        state.free -= 1;
        Ok(Turn(self))
    }

    /// A thread was given up on.
    pub(super) fn abandoned_one(&self) {
        self.state.lock().abandoned += 1;
    }

    /// A thread that was given up on has ended.
    pub(super) fn abandoned_one_ended(&self) {
        self.state.lock().abandoned -= 1;
        self.freed.notify_all();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state.lock().free += 1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_hold_up_no_short_one() {
        let lanes = Lanes::new(2);
        let long = [(); 2].map(|()| lanes.of(SHORT + 1).take(Duration::ZERO).unwrap());
        assert!(lanes.of(SHORT + 1).take(Duration::ZERO).is_err());
        let short = [(); 2].map(|()| lanes.of(SHORT).take(Duration::ZERO).unwrap());
        assert!(lanes.of(0).take(Duration::ZERO).is_err());
        drop((long, short));
        assert!(lanes.of(SHORT + 1).take(Duration::ZERO).is_ok());
    }
}
