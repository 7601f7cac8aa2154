//! Deletes old executions and keeps their sums.

use std::collections::BTreeMap;

use faas_core::model::{ExecutionId, Timestamp};
use faas_core::store::Period;
use mongodb::bson::{Bson, Document, doc};

use super::hours::TRIES;
use super::report::EXPIRY;
use crate::documents::date;
use crate::documents::usage::{self, Ended};
use crate::error::Error;
use crate::executions::{List, Order};
use crate::ids::Id;
use crate::store::Inner;

/// The number of executions to delete at a time.
const BATCH: usize = 512;

impl Inner {
    pub(crate) async fn expire(&self, before: Timestamp, limit: usize) -> Result<usize, Error> {
        self.expire_versions(before).await?;
        self.finish_expiry().await?;
        let mut gone = 0;
        while gone < limit {
            let batch = BATCH.min(limit - gone);
            let old = self.old(before, batch).await?;
            let count = old.len();
            self.expire_batch(old).await?;
            gone += count;
            if count < batch {
                break;
            }
        }
        Ok(gone)
    }

    async fn old(&self, before: Timestamp, limit: usize) -> Result<Vec<Ended>, Error> {
        let list = List {
            filter: doc! { "status": { "$in": ["completed", "failed"] } },
            period: Period {
                to: before,
                ..Period::ALL
            },
            index: None,
            beyond: None,
            order: Order::OldestFirst,
            limit,
            fields: Some(usage::ended_fields()),
        };
        self.list(&list, usage::ended).await
    }

    /// The process may stop after any step: see [`crate::usage`].
    async fn expire_batch(&self, old: Vec<Ended>) -> Result<(), Error> {
        let Some(newest) = old.iter().map(|one| one.accepted).max() else {
            return Ok(());
        };
        let from = newest.as_micros().saturating_add(1);
        self.change_expiry(doc! { "$max": { "executionsFrom": from } })
            .await?;
        let mut hours = BTreeMap::<Timestamp, Vec<Ended>>::new();
        for one in old {
            hours.entry(one.accepted.hour()).or_default().push(one);
        }
        for (hour, old) in &hours {
            self.keep_sums(*hour, old).await?;
        }
        self.finish_expiry().await
    }

    /// Adds the sums of these executions, which are deleted next, to the kept sums of the hour.
    async fn keep_sums(&self, start: Timestamp, old: &[Ended]) -> Result<(), Error> {
        for _ in 0..TRIES {
            let filter = doc! { "_id": date(start) };
            let Some(hour) = self.hours(filter, 1).await?.pop() else {
                // The executions were written by another program.
                self.open_hours(&[start], Timestamp::from_micros(0)).await?;
                continue;
            };
            if !hour.expiring.is_empty() {
                self.finish_expiry().await?;
                continue;
            }
            // Another server has already kept the missing executions. If another server keeps one
            // from now on, it changes the hour, and this change of the hour is refused.
            let stored = self.stored(old.iter().map(|one| one.id)).await?;
            let mut kept = hour.kept.clone();
            let mut ids: Vec<Bson> = Vec::with_capacity(old.len());
            for one in old.iter().filter(|one| stored.contains(&one.id)) {
                kept.entry(one.function).or_default().add(&one.sums);
                ids.push(one.id.bson());
            }
            let set = doc! {
                "kept": usage::write(&kept),
                "expiring": ids,
                "isExpiring": true,
            };
            if self.change_hour(&hour, set).await? {
                return Ok(());
            }
        }
        Err(Error::Contended("the sums of an hour keep changing"))
    }

    /// Deletes the executions that are marked as expiring in their hours.
    async fn finish_expiry(&self) -> Result<(), Error> {
        let hours = self.hours(doc! { "isExpiring": true }, 0).await?;
        if hours.is_empty() {
            return Ok(());
        }
        self.change_expiry(doc! { "$inc": { "generation": 1_i64 } })
            .await?;
        let ids: Vec<ExecutionId> = hours
            .iter()
            .flat_map(|hour| hour.expiring.clone())
            .collect();
        for some in ids.chunks(BATCH) {
            let ids: Vec<Bson> = some.iter().map(|id| id.bson()).collect();
            let filter = doc! { "_id": { "$in": ids } };
            self.collections.executions.delete_many(filter).await?;
        }
        for hour in hours {
            let set = doc! { "expiring": [], "isExpiring": false };
            // If another server has changed the hour, it is cleared the next time.
            self.change_hour(&hour, set).await?;
        }
        Ok(())
    }

    async fn change_expiry(&self, update: Document) -> Result<(), Error> {
        for _ in 0..TRIES {
            let state = &self.collections.state;
            let change = state.update_one(doc! { "_id": EXPIRY }, update.clone());
            match change.upsert(true).await.map_err(Error::from) {
                Err(error) if error.is_duplicate() => {}
                other => return other.map(drop),
            }
        }
        Err(Error::Contended("another server keeps expiring executions"))
    }
}
