//! Making and dropping isolates where no call waits for it.
//!
//! Owns the blank isolates, and a thread that makes them, drops dead ones, and looks now and then
//! for warm ones to let go: each takes many times as long as a warm call. The thread ends when its
//! [`Steward`] is dropped.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Maker;
use super::warm::Warm;

/// Dead isolates that may wait. Whoever brings more drops them itself, which slows it to the speed
/// at which they are dropped.
const MAX_DEAD: usize = 1024;

/// After so many drops the allocator is told to give memory back: glibc keeps it otherwise.
const TRIM_AFTER: usize = 256;

/// How often warm isolates are looked through, and how long to wait after one could not be made.
const SWEEP: Duration = Duration::from_secs(2);

/// Hands out blank isolates and takes dead ones.
#[derive(Debug)]
pub(super) struct Steward<M: Maker> {
    yard: Arc<Yard<M>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Yard<M: Maker> {
    maker: M,
    warm: Arc<Warm<M::Isolate>>,
    target: usize,
    state: Mutex<State<M::Isolate>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<I> {
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

impl<M: Maker> Steward<M> {
    /// Keeps `target` blank isolates ready, and `warm` in order.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(maker: M, warm: Arc<Warm<M::Isolate>>, target: usize) -> io::Result<Self> {
        let yard = Arc::new(Yard {
            maker,
            warm,
            target,
            state: Mutex::new(State {
                blank: Vec::new(),
                dead: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let worked = yard.clone();
        let thread = std::thread::Builder::new()
            .name("faas-steward".into())
            .spawn(move || worked.work())?;
        Ok(Self {
            yard,
            thread: Some(thread),
        })
    }

    /// A blank isolate that is ready, if there is one. When more than half of them are gone, the
    /// missing ones are made anew.
    pub(super) fn blank(&self) -> Option<M::Isolate> {
        let mut state = self.yard.state.lock();
        let ready = state.blank.pop();
        let few = state.blank.len() < self.yard.target.div_ceil(2);
        drop(state);
        if few {
            self.yard.changed.notify_one();
        }
        ready
    }

    /// Makes a blank isolate, here and now.
    ///
    /// # Errors
    /// When the host has no room for another.
    pub(super) fn make(&self) -> io::Result<M::Isolate> {
        self.yard.maker.make()
    }

    /// Drops isolates, later.
    pub(super) fn bury(&self, isolates: impl IntoIterator<Item = M::Isolate>) {
        let mut isolates = isolates.into_iter().peekable();
        if isolates.peek().is_none() {
            return;
        }
        let mut state = self.yard.state.lock();
        while state.dead.len() < MAX_DEAD
            && let Some(isolate) = isolates.next()
        {
            state.dead.push(isolate);
        }
        drop(state);
        self.yard.changed.notify_one();
        isolates.for_each(drop);
    }

    /// How many blank isolates are ready.
    pub(super) fn ready(&self) -> usize {
        self.yard.state.lock().blank.len()
    }
}

impl<M: Maker> Drop for Steward<M> {
    fn drop(&mut self) {
        self.yard.state.lock().closed = true;
        self.yard.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panicked, or it has ended.
            let _ = thread.join();
        }
    }
}

impl<M: Maker> Yard<M> {
    fn work(&self) {
        let mut dropped = 0;
        let mut failing = false;
        loop {
            match self.next(failing) {
                Work::End => return,
                Work::Make => match self.maker.make() {
                    Ok(isolate) => {
                        failing = false;
                        self.state.lock().blank.push(isolate);
                    }
                    // The next call will say so; until then, not in a loop.
                    Err(error) => {
                        if !failing {
                            tracing::warn!(%error, "cannot make an isolate");
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
                    drop(self.warm.sweep());
                }
            }
        }
    }

    /// Waits for something to do. Blanks come first: a cold start may be waiting for one.
    fn next(&self, failing: bool) -> Work<M::Isolate> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return Work::End;
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
    // SAFETY: it may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
