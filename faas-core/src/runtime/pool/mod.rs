//! The isolates of a runtime, shared by all its instances.
//!
//! Owns the way of a call to an isolate, which is the same wherever isolates live: the one at hand,
//! else a warm one, else a blank one. What isolates are kept is in `warm.rs`; `maintainer.rs` makes and
//! drops them where no call waits for it. What an isolate is, and how a call runs in it, is a
//! runtime's own: [`Maker`] and [`Isolate`].

mod maintainer;
mod warm;

use std::any::Any;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Call, Instance, Outcome, RuntimeError, RuntimeStats};
use crate::clock::Clock;
use crate::model::{Failure, FailureKind, FunctionId, Json, LogLine};
use maintainer::PoolMaintainer;
use warm::{Home, Lease, Warm};

/// Where code runs: a heap of its own, for one version of one function.
pub(super) trait Isolate: Send + fmt::Debug + 'static {
    /// The compiled form that it runs.
    type Program: Any + Send + Sync;

    /// Runs a call, after loading `program` where that is given: in a blank isolate, and there only.
    fn run(&mut self, call: &Call<'_>, program: Option<&Self::Program>) -> Ended;

    /// Bytes of memory that it holds.
    fn bytes(&self) -> usize;

    /// Whether it can still take a call, as far as that can be told while it is idle.
    fn is_alive(&self) -> bool {
        true
    }
}

/// How a call in an isolate ended.
pub(super) struct Ended {
    pub(super) result: Result<Json, Failure>,
    pub(super) logs: Vec<LogLine>,
    /// Whether the isolate can take another.
    pub(super) reusable: bool,
}

/// Makes blank isolates.
pub(super) trait Maker: Send + Sync + fmt::Debug + 'static {
    /// What it makes.
    type Isolate: Isolate;

    /// Makes one.
    ///
    /// # Errors
    /// When the host has no room for another.
    fn make(&self) -> io::Result<Self::Isolate>;
}

/// How many isolates are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Blank ones, made ahead.
    pub(super) blank: usize,
    /// Warm ones, idle, over all functions.
    pub(super) warm: usize,
    /// Their bytes together.
    pub(super) warm_bytes: usize,
    /// For how long one is kept that nobody uses.
    pub(super) idle: Duration,
}

/// The isolates of a runtime.
#[derive(Debug)]
pub(super) struct Pool<M: Maker> {
    warm: Arc<Warm<M::Isolate>>,
    maintainer: PoolMaintainer<M>,
    /// How many instances were made.
    instances: AtomicU64,
}

impl<M: Maker> Pool<M> {
    /// A pool, and the thread that keeps it in order.
    ///
    /// # Errors
    /// When that thread cannot be started.
    pub(super) fn start(maker: M, bounds: Bounds, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let warm = Arc::new(Warm::new(bounds, clock));
        Ok(Self {
            maintainer: PoolMaintainer::start(maker, warm.clone(), bounds.blank)?,
            warm,
            instances: AtomicU64::new(0),
        })
    }

    /// A blank isolate: one that is ready, else one made now, in place of warm ones that nobody uses
    /// where the host has no room for another.
    ///
    /// # Errors
    /// When the host has no room for another.
    pub(super) fn blank(&self) -> io::Result<M::Isolate> {
        loop {
            match self.maintainer.blank() {
                Some(isolate) if isolate.is_alive() => return Ok(isolate),
                Some(dead) => self.drop_later([dead]),
                None => break,
            }
        }
        loop {
            match self.maintainer.make() {
                Err(error) if wants_room(&error) => match self.warm.evict() {
                    // Here and now: its room is wanted.
                    Some(idle) => drop(idle),
                    None => return Err(error),
                },
                made => return made,
            }
        }
    }

    /// Makes an isolate and drops it. Where the host has no room for another, an idle warm one makes
    /// room, as it would for a call.
    ///
    /// # Errors
    /// When none can be made.
    pub(super) fn check(&self) -> io::Result<()> {
        let made = match self.maintainer.make() {
            Err(error) if wants_room(&error) => match self.warm.evict() {
                Some(idle) => {
                    drop(idle);
                    self.maintainer.make()
                }
                None => Err(error),
            },
            made => made,
        };
        self.drop_later([made?]);
        Ok(())
    }

    /// A warm isolate, if there is one that has not died meanwhile, and the right to put it back.
    fn check_out(&self, function: (FunctionId, u32), home: Home) -> (Lease, Option<M::Isolate>) {
        loop {
            match self.warm.check_out(function, home) {
                (lease, Some(dead)) if !dead.is_alive() => {
                    let evicted = self.warm.check_in(lease, None);
                    self.drop_later(evicted.into_iter().chain([dead]));
                }
                found => return found,
            }
        }
    }

    /// Drops isolates, later.
    pub(super) fn drop_later(&self, isolates: impl IntoIterator<Item = M::Isolate>) {
        self.maintainer.drop_later(isolates);
    }

    /// A slot that runs calls in these isolates.
    pub(super) fn instance(self: &Arc<Self>) -> Box<dyn Instance> {
        Box::new(PoolInstance {
            home: Home(self.instances.fetch_add(1, Ordering::Relaxed)),
            pool: self.clone(),
            at_hand: None,
        })
    }

    /// Lets go of what is kept warm for this function.
    pub(super) fn forget(&self, function: FunctionId) {
        self.drop_later(self.warm.forget(function));
    }

    /// What is held at the moment.
    pub(super) fn stats(&self) -> RuntimeStats {
        let (warm_isolates, warm_bytes) = self.warm.size();
        RuntimeStats {
            warm_isolates,
            warm_bytes,
            blank_isolates: self.maintainer.ready(),
        }
    }
}

/// A slot: what it runs in comes from the shared isolates. While it has work, it keeps the isolate
/// of its last call at hand, which spares a busy function the way through the pool.
struct PoolInstance<M: Maker> {
    pool: Arc<Pool<M>>,
    home: Home,
    at_hand: Option<AtHand<M::Isolate>>,
}

/// An isolate that is out of the pool for one function.
struct AtHand<I> {
    lease: Lease,
    isolate: I,
    /// Whether nothing was loaded into it yet.
    is_blank: bool,
    /// Whether it was found alive, and has run nothing since.
    is_checked: bool,
}

impl<M: Maker> PoolInstance<M> {
    /// The isolate at hand if it can serve `function`, else a warm one, else a blank one.
    fn take(&mut self, function: (FunctionId, u32)) -> io::Result<AtHand<M::Isolate>> {
        match self.at_hand.take() {
            Some(at_hand)
                if self.pool.warm.may_go_on(&at_hand.lease, function)
                    && (at_hand.is_checked || at_hand.isolate.is_alive()) =>
            {
                return Ok(at_hand);
            }
            Some(other) => self.put_back(other),
            None => {}
        }
        let (lease, warm) = self.pool.check_out(function, self.home);
        let is_blank = warm.is_none();
        match warm.map_or_else(|| self.pool.blank(), Ok) {
            Ok(isolate) => Ok(AtHand {
                lease,
                isolate,
                is_blank,
                is_checked: true,
            }),
            Err(error) => {
                self.pool.warm.check_in(lease, None);
                Err(error)
            }
        }
    }

    /// Puts an isolate back that waits for a call of its function. A blank one does not.
    fn put_back(&self, at_hand: AtHand<M::Isolate>) {
        if at_hand.is_blank {
            self.drop_isolate(at_hand.lease, at_hand.isolate);
        } else {
            let evicted = self
                .pool
                .warm
                .check_in(at_hand.lease, Some(at_hand.isolate));
            self.pool.drop_later(evicted);
        }
    }

    fn drop_isolate(&self, lease: Lease, isolate: M::Isolate) {
        let evicted = self.pool.warm.check_in(lease, None);
        self.pool.drop_later(evicted.into_iter().chain([isolate]));
    }
}

impl<M: Maker> Instance for PoolInstance<M> {
    fn prepare(&mut self, function: (FunctionId, u32)) -> Result<(), RuntimeError> {
        if let Some(at_hand) = &mut self.at_hand {
            at_hand.is_checked = false;
        }
        let taken = self.take(function);
        let at_hand = taken.map_err(|error| RuntimeError(error.into()))?;
        self.at_hand = Some(AtHand {
            is_checked: true,
            ..at_hand
        });
        Ok(())
    }

    fn run(&mut self, call: &Call<'_>) -> Outcome {
        let Some(program) = call.program.get::<<M::Isolate as Isolate>::Program>() else {
            return not_run("the program was compiled by another runtime".to_owned());
        };
        let AtHand {
            lease,
            mut isolate,
            is_blank,
            ..
        } = match self.take(call.function) {
            Ok(taken) => taken,
            Err(error) => return not_run(RuntimeError(error.into()).to_string()),
        };
        let ended = isolate.run(call, is_blank.then_some(program));
        if ended.reusable {
            self.at_hand = Some(AtHand {
                lease,
                isolate,
                is_blank: false,
                is_checked: false,
            });
        } else {
            self.drop_isolate(lease, isolate);
        }
        Outcome {
            result: ended.result,
            logs: ended.logs,
            cold_start: is_blank,
        }
    }

    fn idle(&mut self) {
        if let Some(at_hand) = self.at_hand.take() {
            self.put_back(at_hand);
        }
    }
}

impl<M: Maker> Drop for PoolInstance<M> {
    fn drop(&mut self) {
        self.idle();
    }
}

/// Whether the system had no room for another process, its memory or its descriptors.
fn wants_room(error: &io::Error) -> bool {
    let full = [libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE];
    error.kind() == io::ErrorKind::OutOfMemory
        || error
            .raw_os_error()
            .is_some_and(|number| full.contains(&number))
}

fn not_run(message: String) -> Outcome {
    Outcome {
        result: Err(Failure::new(FailureKind::Platform, message)),
        logs: Vec::new(),
        cold_start: false,
    }
}
