//! Makes and drops isolates in the background, so that no call waits for it.
//!
//! This module owns the blank isolates and a thread that makes them, drops dead ones, and
//! periodically evicts warm ones; each of these takes many times as long as a warm call. The thread
//! ends when its [`PoolMaintainer`] is dropped.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Maker;
use super::warm::Warm;

/// The maximum number of dead isolates waiting to be dropped. A caller that adds more drops them
/// itself, which slows it down accordingly. There are so many only if thousands of waiting calls end
/// at once.
const MAX_DEAD: usize = 8192;

/// After this many drops, the allocator is asked to return memory to the system; glibc keeps it
/// otherwise.
const TRIM_AFTER: usize = 256;

/// The interval between sweeps of the warm isolates, and the delay after an isolate could not be
/// made.
const SWEEP: Duration = Duration::from_secs(2);

/// Hands out blank isolates and takes dead ones.
#[derive(Debug)]
pub(super) struct PoolMaintainer<M: Maker> {
    shared: Arc<Shared<M>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<M: Maker> {
    maker: M,
    warm: Arc<Warm<M::Isolate>>,
    target: usize,
    state: Mutex<Inventory<M::Isolate>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inventory<I> {
    blank: Vec<I>,
    dead: Vec<I>,
    closed: bool,
}

enum Work<I> {
    Make,
    Drop(Vec<I>),
    Sweep,
    End,
}

impl<M: Maker> PoolMaintainer<M> {
    /// Starts the thread, which keeps `target` blank isolates ready and sweeps `warm`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(maker: M, warm: Arc<Warm<M::Isolate>>, target: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            maker,
            warm,
            target,
            state: Mutex::new(Inventory {
                blank: Vec::new(),
                dead: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let worked = shared.clone();
        let thread = std::thread::Builder::new()
            .name("faas-maintainer".into())
            .spawn(move || worked.work())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Takes a blank isolate, if one is ready. When fewer than half remain, the thread refills
    /// them.
    pub(super) fn blank(&self) -> Option<M::Isolate> {
        let mut state = self.shared.state.lock();
        let ready = state.blank.pop();
        let few = state.blank.len() < self.shared.target.div_ceil(2);
        drop(state);
        if few {
            self.shared.changed.notify_one();
        }
        ready
    }

    /// Makes a blank isolate on the calling thread.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
    pub(super) fn make(&self) -> io::Result<M::Isolate> {
        self.shared.maker.make()
    }

    /// Drops isolates in the background.
    pub(super) fn drop_later(&self, isolates: impl IntoIterator<Item = M::Isolate>) {
        let mut isolates = isolates.into_iter().peekable();
        if isolates.peek().is_none() {
            return;
        }
        let mut state = self.shared.state.lock();
        while state.dead.len() < MAX_DEAD
            && let Some(isolate) = isolates.next()
        {
            state.dead.push(isolate);
        }
        drop(state);
        self.shared.changed.notify_one();
        isolates.for_each(drop);
    }

    /// Returns the number of blank isolates.
    pub(super) fn ready(&self) -> usize {
        self.shared.state.lock().blank.len()
    }
}

impl<M: Maker> Drop for PoolMaintainer<M> {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // An error means that the thread panicked, which is harmless here.
            let _ = thread.join();
        }
    }
}

impl<M: Maker> Shared<M> {
    fn work(&self) {
        let mut dropped = 0;
        let mut failing = false;
        let mut swept = self.warm.now();
        loop {
            match self.next(failing, swept) {
                Work::End => return,
                Work::Make => match self.maker.make() {
                    Ok(isolate) => {
                        failing = false;
                        self.state.lock().blank.push(isolate);
                    }
                    // The next call reports the error; until then, do not retry in a loop.
                    Err(error) => {
                        if !failing {
                            tracing::warn!(%error, "could not make a blank isolate");
                        }
                        failing = true;
                    }
                },
                Work::Drop(isolates) => {
                    dropped += isolates.len();
                    drop(isolates);
                    if dropped >= TRIM_AFTER {
                        dropped = 0;
                        trim();
                    }
                }
                Work::Sweep => {
                    failing = false;
                    swept = self.warm.now();
                    drop(self.warm.sweep());
                }
            }
        }
    }

    /// Waits for work. Making blank isolates has priority, since a cold start may need one.
    fn next(&self, failing: bool, swept: Duration) -> Work<M::Isolate> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return Work::End;
            }
            // Sweep even under constant load.
            if self.warm.now().saturating_sub(swept) >= SWEEP {
                return Work::Sweep;
            }
            if state.blank.len() < self.target && !failing {
                return Work::Make;
            }
            if !state.dead.is_empty() {
                let some = state.dead.len().saturating_sub(16);
                return Work::Drop(state.dead.split_off(some));
            }
            if self.changed.wait_for(&mut state, SWEEP).timed_out() {
                return Work::Sweep;
            }
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a call into libc")]
fn trim() {
    // SAFETY: this function may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::model::{FunctionId, Timestamp};
    use crate::runtime::pool::Bounds;
    use crate::runtime::pool::unused::{BLANK, Blank};

    #[derive(Debug)]
    struct Makes;

    impl Maker for Makes {
        type Isolate = Blank;

        fn make(&self) -> io::Result<Blank> {
            Ok(BLANK)
        }
    }

    #[test]
    fn idle_isolates_are_evicted_even_while_many_dead_ones_are_dropped() {
        let clock = ManualClock::new(Timestamp::from_millis(0));
        let bounds = Bounds {
            blank: 0,
            warm: 10,
            warm_bytes: BLANK.bytes,
            idle: Duration::from_secs(60),
        };
        let warm = Arc::new(Warm::new(bounds, Arc::new(clock.clone())));
        let maintainer = PoolMaintainer::start(Makes, warm.clone(), 0).unwrap();
        let (lease, _) = warm.check_out((FunctionId::from_u128(1), 1));
        assert!(warm.check_in(lease, Some(BLANK)).is_empty());
        for _ in 0..1_000_000 {
            if warm.size().0 == 0 {
                return;
            }
            clock.advance(Duration::from_millis(10));
            maintainer.drop_later([BLANK]);
            std::thread::yield_now();
        }
        panic!("the idle isolate was not evicted");
    }
}
