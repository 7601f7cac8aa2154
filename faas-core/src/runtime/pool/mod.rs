//! The isolates of a runtime, shared by all its instances.
//!
//! This module chooses the isolate for a call, in the same way for every runtime: the instance's
//! current one, else a warm one, else a blank one. `warm.rs` decides which isolates stay warm;
//! `maintainer.rs` makes and drops isolates in the background. A runtime defines what an isolate is
//! and how a call runs in it: [`Maker`] and [`Isolate`].

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

/// A JavaScript heap for one version of one function.
pub(super) trait Isolate: Send + fmt::Debug + 'static {
    /// The compiled form of a function.
    type Program: Any + Send + Sync;

    /// Runs a call. `program` is given for the first call in a blank isolate, which loads it.
    fn run(&mut self, call: &Call<'_>, program: Option<&Self::Program>) -> Ended;

    /// Returns the isolate's memory in bytes.
    fn bytes(&self) -> usize;

    /// Returns whether the isolate can take a call, as far as this is known while it is idle.
    fn is_alive(&self) -> bool {
        true
    }
}

/// The end of a call in an isolate.
pub(super) struct Ended {
    pub(super) result: Result<Json, Failure>,
    pub(super) logs: Vec<LogLine>,
    /// Whether the isolate can take another call.
    pub(super) reusable: bool,
}

/// Makes blank isolates.
pub(super) trait Maker: Send + Sync + fmt::Debug + 'static {
    /// The isolates that it makes.
    type Isolate: Isolate;

    /// Makes a blank isolate.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
    fn make(&self) -> io::Result<Self::Isolate>;
}

/// The bounds of a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The number of blank isolates made in advance.
    pub(super) blank: usize,
    /// The maximum number of idle warm isolates, over all functions.
    pub(super) warm: usize,
    /// The maximum memory of the idle warm isolates together, in bytes.
    pub(super) warm_bytes: usize,
    /// How long an idle isolate is kept.
    pub(super) idle: Duration,
}

/// The isolates of a runtime.
#[derive(Debug)]
pub(super) struct Pool<M: Maker> {
    warm: Arc<Warm<M::Isolate>>,
    maintainer: PoolMaintainer<M>,
    /// The number of instances made so far.
    instances: AtomicU64,
}

impl<M: Maker> Pool<M> {
    /// Starts a pool and its maintenance thread.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(maker: M, bounds: Bounds, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let warm = Arc::new(Warm::new(bounds, clock));
        Ok(Self {
            maintainer: PoolMaintainer::start(maker, warm.clone(), bounds.blank)?,
            warm,
            instances: AtomicU64::new(0),
        })
    }

    /// Returns a blank isolate: one that is ready, else a new one. If the host lacks resources,
    /// evicts idle warm isolates first.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
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
                Err(error) if lacks_resources(&error) => match self.warm.evict() {
                    // Drop it now: its resources are needed.
                    Some(idle) => drop(idle),
                    None => return Err(error),
                },
                made => return made,
            }
        }
    }

    /// Makes an isolate and drops it. If the host lacks resources, evicts an idle warm isolate
    /// first, as for a call.
    ///
    /// # Errors
    /// When no isolate can be made.
    pub(super) fn check(&self) -> io::Result<()> {
        let made = match self.maintainer.make() {
            Err(error) if lacks_resources(&error) => match self.warm.evict() {
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

    /// Returns a warm isolate that is still alive, if there is one, and the lease to put an isolate
    /// back.
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

    /// Drops isolates in the background.
    pub(super) fn drop_later(&self, isolates: impl IntoIterator<Item = M::Isolate>) {
        self.maintainer.drop_later(isolates);
    }

    /// Makes an instance that runs calls in these isolates.
    pub(super) fn instance(self: &Arc<Self>) -> Box<dyn Instance> {
        Box::new(PoolInstance {
            home: Home(self.instances.fetch_add(1, Ordering::Relaxed)),
            pool: self.clone(),
            current: None,
        })
    }

    /// Evicts the warm isolates of this function.
    pub(super) fn forget(&self, function: FunctionId) {
        self.drop_later(self.warm.forget(function));
    }

    /// Returns the current numbers of isolates.
    pub(super) fn stats(&self) -> RuntimeStats {
        let (warm_isolates, warm_bytes) = self.warm.size();
        RuntimeStats {
            warm_isolates,
            warm_bytes,
            blank_isolates: self.maintainer.ready(),
        }
    }
}

/// An instance whose isolates come from the shared pool. While it has work, it keeps the isolate of
/// its last call, so that a busy function does not go through the pool for each call.
struct PoolInstance<M: Maker> {
    pool: Arc<Pool<M>>,
    home: Home,
    current: Option<Leased<M::Isolate>>,
}

/// An isolate that is leased for one function.
struct Leased<I> {
    lease: Lease,
    isolate: I,
    /// Whether no program was loaded yet.
    is_blank: bool,
    /// Whether the isolate was alive when checked and has run nothing since.
    is_checked: bool,
}

impl<M: Maker> PoolInstance<M> {
    /// Returns the current isolate if it can serve `function`, else a warm one, else a blank one.
    fn take(&mut self, function: (FunctionId, u32)) -> io::Result<Leased<M::Isolate>> {
        match self.current.take() {
            Some(current)
                if self.pool.warm.can_serve(&current.lease, function)
                    && (current.is_checked || current.isolate.is_alive()) =>
            {
                return Ok(current);
            }
            Some(other) => self.put_back(other),
            None => {}
        }
        let (lease, warm) = self.pool.check_out(function, self.home);
        let is_blank = warm.is_none();
        match warm.map_or_else(|| self.pool.blank(), Ok) {
            Ok(isolate) => Ok(Leased {
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

    /// Returns a warm isolate to the pool. A blank one is dropped.
    fn put_back(&self, current: Leased<M::Isolate>) {
        if current.is_blank {
            self.drop_isolate(current.lease, current.isolate);
        } else {
            let evicted = self
                .pool
                .warm
                .check_in(current.lease, Some(current.isolate));
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
        if let Some(current) = &mut self.current {
            current.is_checked = false;
        }
        let taken = self.take(function);
        let current = taken.map_err(|error| RuntimeError(error.into()))?;
        self.current = Some(Leased {
            is_checked: true,
            ..current
        });
        Ok(())
    }

    fn run(&mut self, call: &Call<'_>) -> Outcome {
        let Some(program) = call.program.get::<<M::Isolate as Isolate>::Program>() else {
            return not_run("the program was compiled by another runtime".to_owned());
        };
        let Leased {
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
            self.current = Some(Leased {
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
        if let Some(current) = self.current.take() {
            self.put_back(current);
        }
    }
}

impl<M: Maker> Drop for PoolInstance<M> {
    fn drop(&mut self) {
        self.idle();
    }
}

/// Returns whether the system lacked processes, memory or descriptors.
fn lacks_resources(error: &io::Error) -> bool {
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
