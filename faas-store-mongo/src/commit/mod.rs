//! What each write of an execution means.
//!
//! A group is cut into waves, in each of which an execution and an idempotency key occur once, so
//! that the order within a wave does not matter: nearly always the whole group is one. Each wave is
//! one bulk insert and one bulk update, whatever its size.
//!
//! An update carries its guard in its filter: a claim matches only a pending execution with the
//! attempt before, a settlement only one that is where it was. A bulk update only tells how many
//! matched; when that is not all, the executions are asked which update they had last, by the token
//! that each wave leaves. What is known of a group that failed is remembered, and its tokens, so that
//! when it is tried again, what had been made counts as done.

mod doubt;
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
            events,
        } in waves::cut(writes)
        {
            self.insert_all(&inserts, written).await?;
            self.update_all(&updates, written, sent).await?;
            self.insert_events(&events, written).await?;
        }
        Ok(())
    }
}

/// The hours whose sums these writes change.
fn hours_of(writes: &[Write]) -> BTreeSet<Timestamp> {
    let ended = writes.iter().filter_map(|write| match write {
        Write::Insert(execution) | Write::Settle { execution, .. } => Some(execution),
        Write::Claim { .. } | Write::Scaling(_) => None,
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
