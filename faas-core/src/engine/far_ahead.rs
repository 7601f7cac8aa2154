//! Executions in a shared store whose times lie further ahead than they can, because a platform wrote
//! them while its clock was ahead: a retry that is due in a year, a lease of a platform that has died
//! since. No ordinary look at what is overdue finds them.
//!
//! They are taken up when two looks in a row find them unchanged. A platform that lives and whose
//! clock was set right renews its leases in between.
//!
//! Delayed executions are found too. Taking one up only makes this platform wait for it as well. A
//! look finds the first page, so while there are that many delayed executions, later times are not
//! found.

use std::collections::HashSet;
use std::time::Duration;

use super::Engine;
use super::sharing::{PAGE, TakeUpLimit, take_up_found};
use crate::error::StoreError;
use crate::model::{ExecutionId, Status, Timestamp};
use crate::store::{OverdueQuery, SharedStore};

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(10);

/// What the latest look found, at most a page for each status.
pub(super) struct FarAhead {
    found: HashSet<(ExecutionId, u32)>,
    next: Duration,
}

impl FarAhead {
    pub(super) fn new(engine: &Engine) -> Self {
        Self {
            found: HashSet::new(),
            next: engine.0.clock.monotonic() + EVERY,
        }
    }

    /// Looks, if it is time to.
    pub(super) async fn look(
        &mut self,
        engine: &Engine,
        shared: &dyn SharedStore,
    ) -> Result<(), StoreError> {
        let now = engine.0.clock.monotonic();
        if now < self.next {
            return Ok(());
        }
        self.next = now + EVERY;
        let mut found = HashSet::new();
        for status in [Status::Pending, Status::Running] {
            let query = OverdueQuery {
                status,
                before: Timestamp::MAX,
                from: engine.latest(status),
                except: Vec::new(),
                limit: PAGE,
            };
            let room = match status {
                Status::Running => PAGE,
                _ => TakeUpLimit::of(engine).jobs,
            };
            let far = shared.overdue(&query).await?;
            let (mut again, first): (Vec<_>, Vec<_>) = far
                .into_iter()
                .partition(|far| self.found.contains(&(far.id, far.stage.attempt)));
            let later = again.split_off(again.len().min(room));
            let wait = first.iter().chain(&later);
            found.extend(wait.map(|far| (far.id, far.stage.attempt)));
            again.retain(|far| !engine.0.in_flight.has(far.id));
            take_up_found(engine, again).await?;
        }
        self.found = found;
        Ok(())
    }
}

impl Engine {
    /// The latest time that a platform whose clock is right can write: when a pending execution is due,
    /// or when a lease ends.
    fn latest(&self, status: Status) -> Timestamp {
        let options = &self.0.options;
        let ahead = match status {
            Status::Running => options.max_timeout + options.lease_margin,
            _ => options.retry_cap,
        };
        self.0.clock.now() + ahead + options.lease_margin
    }
}
