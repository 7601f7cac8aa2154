//! Making and dropping isolates where no call waits for it.
//!
//! Owns the blank isolates, and a thread that makes them and that drops dead ones: either takes
//! many times as long as a warm call. The thread ends when its [`Steward`] is dropped.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use super::isolate::Isolate;

/// Dead isolates that may wait. Whoever brings more drops them itself, which slows it to the speed
/// at which they are dropped.
const MAX_DEAD: usize = 1024;

/// After so many drops the allocator is told to give memory back: glibc keeps it otherwise.
const TRIM_AFTER: usize = 256;

/// Hands out blank isolates and takes dead ones.
#[derive(Debug)]
pub(super) struct Steward {
    yard: Arc<Yard>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Yard {
    target: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    blank: Vec<Isolate>,
    dead: Vec<Isolate>,
    closed: bool,
}

enum Work {
    Make,
    Drop(Vec<Isolate>),
    End,
}

impl Steward {
    /// Keeps `target` blank isolates ready.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(target: usize) -> std::io::Result<Self> {
        let yard = Arc::new(Yard {
            target,
            state: Mutex::default(),
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

    /// A blank isolate: one that is ready, else one made now. When more than half of them are gone,
    /// the missing ones are made anew.
    ///
    /// # Errors
    /// When memory is out.
    pub(super) fn blank(&self) -> rquickjs::Result<Isolate> {
        let mut state = self.yard.state.lock();
        let ready = state.blank.pop();
        let few = state.blank.len() < self.yard.target.div_ceil(2);
        drop(state);
        if few {
            self.yard.changed.notify_one();
        }
        ready.map_or_else(Isolate::blank, Ok)
    }

    /// Drops isolates, later.
    pub(super) fn bury(&self, isolates: impl IntoIterator<Item = Isolate>) {
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

impl Drop for Steward {
    fn drop(&mut self) {
        self.yard.state.lock().closed = true;
        self.yard.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panicked, or it has ended.
            let _ = thread.join();
        }
    }
}

impl Yard {
    fn work(&self) {
        let mut dropped = 0;
        loop {
            match self.next() {
                Work::End => return,
                Work::Make => match Isolate::blank() {
                    Ok(isolate) => self.state.lock().blank.push(isolate),
                    // Memory is out. The next call will say so; until then, wait.
                    Err(_) => {
                        let mut state = self.state.lock();
                        if !state.closed {
                            self.changed.wait(&mut state);
                        }
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
            }
        }
    }

    /// Waits for something to do. Blanks come first: a cold start may be waiting for one.
    fn next(&self) -> Work {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return Work::End;
            }
            if state.blank.len() < self.target {
                return Work::Make;
            }
            if !state.dead.is_empty() {
                let some = state.dead.len().saturating_sub(16);
                return Work::Drop(state.dead.split_off(some));
            }
            self.changed.wait(&mut state);
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
