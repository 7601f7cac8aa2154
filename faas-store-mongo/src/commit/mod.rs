//! Commits groups of writes of executions.
//!
//! A group is split into waves. Each execution and each idempotency key occurs at most once in a
//! wave, so the order within a wave does not matter. Nearly every group is a single wave. Each wave
//! is one bulk insert and one bulk update, whatever its size.
//!
//! The filter of an update is its guard: a claim matches only a pending execution with the previous
//! attempt, and a settlement only an execution at the expected stage. A bulk update returns only the
//! number of matches. If some do not match, the store reads which update each execution had last, by
//! the token that each wave writes. The outcomes and tokens of a failed group are remembered, so a
//! retry counts the updates that were applied as done.

mod doubt;
mod fire;
mod insert;
mod update;
mod waves;

use std::collections::BTreeSet;

use faas_core::model::Timestamp;
use faas_core::store::{Write, Written};

use self::doubt::{Sending, Sent};
use self::waves::Wave;
use crate::error::Error;
use crate::store::Inner;

pub(crate) use self::doubt::InDoubt;

impl Inner {
    pub(crate) async fn commit(&self, writes: &[Write]) -> Result<Vec<Written>, Error> {
        let mut written = vec![Written::Stale; writes.len()];
        let mut sending = Sending::new(&self.in_doubt);
        let made = self.in_time(async {
            self.hold_open(&hours_of(writes)).await?;
            self.carry_out(writes, &mut written, &mut sending.sent)
                .await
        });
        made.await?;
        sending.done();
        Ok(written)
    }

    async fn carry_out(
        &self,
        writes: &[Write],
        written: &mut [Written],
        sent: &mut Sent,
    ) -> Result<(), Error> {
        for Wave {
            inserts,
            updates,
            fires,
            events,
        } in waves::cut(writes)
        {
            self.insert_all(&inserts, written).await?;
            self.update_all(&updates, written, sent).await?;
            self.fire_all(&fires, written).await?;
            self.insert_events(&events, written).await?;
        }
        Ok(())
    }
}

/// The hours whose sums these writes change.
fn hours_of(writes: &[Write]) -> BTreeSet<Timestamp> {
    let ended = writes.iter().filter_map(|write| match write {
        Write::Insert(execution) | Write::Settle { execution, .. } => Some(execution),
        Write::Claim { .. } | Write::Fire { .. } | Write::Scaling(_) => None,
    });
    ended
        .filter(|execution| execution.status.is_terminal())
        .map(|execution| execution.created_at.hour())
        .collect()
}

fn set(written: &mut [Written], place: usize, outcome: Written) {
    if let Some(one) = written.get_mut(place) {
        *one = outcome;
    }
}
