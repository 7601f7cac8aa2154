//! The isolates of a runtime, shared by all its instances.
//!
//! This module chooses the isolate for a call, in the same way for every runtime: a warm one, else a
//! blank one. `warm.rs` decides which isolates stay warm; `maintainer.rs` makes and drops isolates
//! in the background; `drive.rs` drives a call from step to step. A runtime defines what an isolate
//! is and how a step runs in it: [`Maker`] and [`Isolate`].

mod drive;
mod maintainer;
#[cfg(test)]
mod unused;
mod warm;

use std::any::Any;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::step::{Ended, HostReply, Step};
use super::{Call, Instance, Outcome, RuntimeError, RuntimeStats, StopReason};
use crate::clock::Clock;
use crate::model::FunctionId;
use maintainer::PoolMaintainer;
use warm::{Lease, Warm};

/// An isolate for one version of one function, wherever it is. It runs one call at a time, and never
/// blocks the calling thread.
pub(super) trait Isolate: Send + fmt::Debug + 'static {
    /// The compiled form of a function.
    type Program: Any + Send + Sync;

    /// Starts a call. If `loads`, loads the call's program first.
    fn start(&mut self, call: &Call, loads: bool) -> impl Future<Output = Step> + Send;

    /// Continues the call after [`Step::Wait`]. Its deadline is `paused` later than before.
    fn resume(
        &mut self,
        call: &Call,
        paused: Duration,
        replies: Vec<HostReply>,
    ) -> impl Future<Output = Step> + Send;

    /// Ends the call while it waits.
    fn stop(&mut self, call: &Call, reason: StopReason) -> impl Future<Output = Ended> + Send;

    /// Waits until the isolate is lost, while the call waits. The future can be dropped at any time.
    fn disturbed(&mut self) -> impl Future<Output = ()> + Send;

    /// Ends the call after [`Self::disturbed`].
    fn end_disturbed(&mut self, call: &Call) -> impl Future<Output = Ended> + Send;

    /// Returns the processor time that the last call has used.
    fn cpu_time(&self) -> Duration;

    /// Returns the isolate's memory in bytes.
    fn bytes(&self) -> usize;

    /// Returns whether the isolate can take a call, as far as this is known while it is idle.
    fn is_alive(&self) -> bool {
        true
    }

    /// Stops what the isolate still runs. It is dropped later.
    fn kill(&mut self) {}
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
    clock: Arc<dyn Clock>,
}

impl<M: Maker> Pool<M> {
    /// Starts a pool and its maintenance thread.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(maker: M, bounds: Bounds, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let warm = Arc::new(Warm::new(bounds, clock.clone()));
        Ok(Self {
            maintainer: PoolMaintainer::start(maker, warm.clone(), bounds.blank)?,
            warm,
            clock,
        })
    }

    /// Returns a blank isolate: one that is ready, else a new one. Blocks while it makes one.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
    pub(super) fn blank(&self) -> io::Result<M::Isolate> {
        match self.ready_blank() {
            Some(isolate) => Ok(isolate),
            None => self.make(),
        }
    }

    /// Returns a blank isolate, if one is ready.
    fn ready_blank(&self) -> Option<M::Isolate> {
        loop {
            match self.maintainer.blank() {
                Some(dead) if !dead.is_alive() => self.drop_later([dead]),
                ready => return ready,
            }
        }
    }

    /// Makes a blank isolate. If the host lacks resources, evicts idle warm isolates first.
    fn make(&self) -> io::Result<M::Isolate> {
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
    fn check_out(&self, function: (FunctionId, u32)) -> (Lease, Option<M::Isolate>) {
        loop {
            match self.warm.check_out(function) {
                (lease, Some(dead)) if !dead.is_alive() => {
                    let evicted = self.warm.check_in(lease, None);
                    self.drop_later(evicted.into_iter().chain([dead]));
                }
                found => return found,
            }
        }
    }

    /// Acquires an instance for one call of this function and version.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        function: (FunctionId, u32),
    ) -> Result<Box<dyn Instance>, RuntimeError> {
        let (lease, warm) = self.check_out(function);
        let mut instance = Box::new(PoolInstance {
            pool: self.clone(),
            lease: Some(lease),
            is_blank: warm.is_none(),
            isolate: warm,
            is_reusable: true,
        });
        if instance.is_blank {
            instance.isolate = Some(self.blank_later().await?);
        }
        Ok(instance)
    }

    /// Acquires an instance that has run no code, for code that runs once.
    ///
    /// # Errors
    /// When the host lacks resources for another isolate.
    pub(super) async fn acquire_fresh(self: &Arc<Self>) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(PoolInstance {
            pool: self.clone(),
            lease: None,
            isolate: Some(self.blank_later().await?),
            is_blank: true,
            is_reusable: true,
        }))
    }

    /// Returns a blank isolate: one that is ready, else one that another thread makes.
    async fn blank_later(self: &Arc<Self>) -> Result<M::Isolate, RuntimeError> {
        if let Some(ready) = self.ready_blank() {
            return Ok(ready);
        }
        let pool = self.clone();
        tokio::task::spawn_blocking(move || pool.make())
            .await
            .map_err(|error| RuntimeError(error.into()))?
            .map_err(|error| RuntimeError(error.into()))
    }

    /// Drops isolates in the background.
    pub(super) fn drop_later(&self, isolates: impl IntoIterator<Item = M::Isolate>) {
        self.maintainer.drop_later(isolates);
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

/// An isolate of the pool, for one call.
struct PoolInstance<M: Maker> {
    pool: Arc<Pool<M>>,
    /// For the pool of warm isolates; `None` if the isolate does not go back there.
    lease: Option<Lease>,
    isolate: Option<M::Isolate>,
    /// Whether no program was loaded yet.
    is_blank: bool,
    /// Whether the isolate can serve another call.
    is_reusable: bool,
}

impl<M: Maker> PoolInstance<M> {
    async fn drive(&mut self, call: &Call) -> (Ended, Duration) {
        let not_run = |message| (Ended::platform(message), Duration::ZERO);
        let program = call.program.get::<<M::Isolate as Isolate>::Program>();
        if program.is_none() {
            return not_run("the program was compiled by another runtime");
        }
        let Some(isolate) = &mut self.isolate else {
            return not_run("the instance has no isolate");
        };
        // Until the call has ended.
        self.is_reusable = false;
        // An isolate without a lease gets a program with each call.
        let loads = self.is_blank || self.lease.is_none();
        let ended = drive::drive(isolate, call, loads, &*self.pool.clock).await;
        self.is_blank = false;
        self.is_reusable = ended.reusable;
        (ended, isolate.cpu_time())
    }

    async fn outcome(&mut self, call: &Call) -> Outcome {
        let cold_start = self.is_blank;
        let (ended, cpu_time) = self.drive(call).await;
        Outcome {
            result: ended.result,
            logs: ended.logs,
            cold_start,
            cpu_time,
        }
    }
}

#[async_trait]
impl<M: Maker> Instance for PoolInstance<M> {
    async fn run(mut self: Box<Self>, call: Call) -> Outcome {
        self.outcome(&call).await
    }

    async fn run_and_keep(mut self: Box<Self>, call: Call) -> (Outcome, Option<Box<dyn Instance>>) {
        let outcome = self.outcome(&call).await;
        let kept = self.is_reusable.then_some(self as Box<dyn Instance>);
        (outcome, kept)
    }
}

impl<M: Maker> Drop for PoolInstance<M> {
    /// Returns a warm isolate to the pool. Any other is dropped in the background.
    fn drop(&mut self) {
        let is_warm = self.is_reusable && !self.is_blank;
        let mut lost = self.isolate.take();
        if let Some(lease) = self.lease.take() {
            let warm = lost.take_if(|_| is_warm);
            let evicted = self.pool.warm.check_in(lease, warm);
            self.pool.drop_later(evicted);
        }
        if let Some(mut isolate) = lost {
            isolate.kill();
            self.pool.drop_later([isolate]);
        }
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
