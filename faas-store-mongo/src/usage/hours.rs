//! Holds hours open, and closes them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use faas_core::model::{ExecutionId, Timestamp};
use faas_core::store::Period;
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use crate::collections::HOURS;
use crate::documents::damage::readable;
use crate::documents::date;
use crate::documents::usage::{self, Ended, Hour, Sums};
use crate::error::{Error, unavailable};
use crate::store::Inner;

/// The maximum number of held hours to remember. Beyond it, those that end soon are forgotten and
/// requested again.
const REMEMBERED: usize = 1_024;
/// The number of hours that one pass closes.
const CLOSED_AT_ONCE: i64 = 64;
/// The number of tries for a change that conflicts with a concurrent change.
pub(super) const TRIES: usize = 16;
/// The maximum number of periods in one query.
const PERIODS: usize = 64;

/// The hours that this store holds open, and until when.
#[derive(Debug, Default)]
pub(crate) struct Holds(BTreeMap<Timestamp, Timestamp>);

/// The number of executions that one report may still add up. Closed hours use none of it.
#[derive(Debug)]
pub(super) struct Budget {
    left: Option<u64>,
    is_spent: bool,
}

impl Budget {
    pub(super) const fn new(executions: u64) -> Self {
        Self {
            left: Some(executions),
            is_spent: false,
        }
    }

    /// No limit, for the background task.
    pub(super) const fn unlimited() -> Self {
        Self {
            left: None,
            is_spent: false,
        }
    }

    /// Whether the budget was exhausted.
    pub(super) const fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Takes one execution from the budget. Returns `false` if the budget is exhausted.
    const fn spend(&mut self) -> bool {
        match &mut self.left {
            None => {}
            Some(0) => self.is_spent = true,
            Some(left) => *left -= 1,
        }
        !self.is_spent
    }
}

/// The length of an hour.
const HOUR: Duration = Duration::from_secs(3_600);

impl Inner {
    /// Holds these hours open for long enough to write to them.
    pub(crate) async fn hold_open(&self, hours: &BTreeSet<Timestamp>) -> Result<(), Error> {
        let now = self.clock.now();
        let enough = now + self.hour_lease / 2;
        let due: Vec<_> = {
            let holds = self.holds.lock();
            let held = |hour: &&Timestamp| holds.0.get(hour).is_some_and(|until| *until >= enough);
            hours.iter().filter(|hour| !held(hour)).copied().collect()
        };
        if due.is_empty() {
            return Ok(());
        }
        let until = now + self.hour_lease;
        self.open_hours(&due, until).await?;
        let mut holds = self.holds.lock();
        for hour in due {
            holds.0.insert(hour, until);
        }
        if holds.0.len() > REMEMBERED {
            holds.0.retain(|_, until| *until >= enough);
        }
        Ok(())
    }

    /// Opens these hours until the given time at least, and then their days and months. Creates missing
    /// documents.
    pub(super) async fn open_hours(
        &self,
        hours: &[Timestamp],
        until: Timestamp,
    ) -> Result<(), Error> {
        for some in hours.chunks(256) {
            let open = |hour: &Timestamp| {
                Bson::Document(doc! {
                    "q": { "_id": date(*hour) },
                    "u": {
                        "$set": { "closed": false },
                        "$max": { "openUntil": date(until) },
                        "$inc": { "revision": 1_i64 },
                        "$setOnInsert": { "kept": [], "expiring": [], "isExpiring": false },
                    },
                    "upsert": true,
                })
            };
            self.upsert(HOURS, some.iter().map(open).collect()).await?;
            self.open_spans(some).await?;
        }
        Ok(())
    }

    /// Sends upserts. Retries those that conflict because two created the same document.
    pub(super) async fn upsert(
        &self,
        collection: &'static str,
        updates: Vec<Bson>,
    ) -> Result<(), Error> {
        let mut command = doc! { "update": collection, "updates": updates, "ordered": false };
        if let Some(concern) = &self.write_concern {
            command.insert("writeConcern", concern.clone());
        }
        for _ in 0..TRIES {
            let sent = self.database.run_command(command.clone()).await;
            let answer = match sent.map_err(Error::from) {
                Err(error) if error.is_duplicate() => continue,
                other => other?,
            };
            if answer.contains_key("writeConcernError") {
                return Err(Error::Store(unavailable(
                    "not enough servers confirmed a write",
                )));
            }
            if !answer.contains_key("writeErrors") {
                return Ok(());
            }
        }
        Err(Error::Contended("the sums of an hour keep changing"))
    }

    /// Changes an hour if it has not changed since it was read. Returns whether it was changed.
    pub(super) async fn change_hour(&self, hour: &Hour, mut set: Document) -> Result<bool, Error> {
        set.insert("revision", hour.revision + 1);
        let filter = doc! { "_id": date(hour.start), "revision": hour.revision };
        let update = self
            .collections
            .hours
            .update_one(filter, doc! { "$set": set });
        Ok(update.await?.matched_count == 1)
    }

    /// The hours that `filter` matches, oldest first.
    pub(super) async fn hours(&self, filter: Document, limit: i64) -> Result<Vec<Hour>, Error> {
        let find = self.collections.hours.find(filter).sort(doc! { "_id": 1 });
        let mut found = find.limit(limit).await?;
        let mut hours = Vec::new();
        while let Some(document) = found.try_next().await? {
            hours.push(usage::hour(&document)?);
        }
        Ok(hours)
    }

    /// Closes hours that no server holds open, and then the days and months that are over. Returns
    /// whether more may be left.
    pub(crate) async fn close_hours(&self) -> Result<bool, Error> {
        let before = date(self.closable_before());
        let filter = doc! { "closed": false, "openUntil": { "$lt": before } };
        let due = self.hours(filter, CLOSED_AT_ONCE).await?;
        for hour in &due {
            self.close_hour(hour, &mut Budget::unlimited()).await?;
        }
        let has_more = due.len() as i64 == CLOSED_AT_ONCE;
        if !due.is_empty() {
            let (first, hours) = (due.first().map(|hour| hour.start), due.len());
            tracing::debug!(hours, ?first, has_more, "added up hours");
        }
        if !has_more {
            self.is_incomplete.store(false, Ordering::Relaxed);
        }
        Ok(self.close_spans().await? || has_more)
    }

    /// Whether no server holds the hour open.
    pub(super) fn is_closable(&self, hour: &Hour) -> bool {
        hour.open_until < self.closable_before()
    }

    /// Hours held open until before this time are no longer held.
    pub(super) fn closable_before(&self) -> Timestamp {
        self.clock.now() - self.margin()
    }

    /// The maximum difference between the clocks of two servers.
    fn margin(&self) -> Duration {
        self.hour_lease / 10
    }

    /// Computes the sums of an hour that no server holds open, and stores them if the hour has not
    /// changed in the meantime; otherwise the next reader computes them again. Returns the sums, and
    /// whether they are stored.
    ///
    /// If the budget is exhausted, the sums cover a part of the executions and are not stored.
    pub(super) async fn close_hour(
        &self,
        hour: &Hour,
        budget: &mut Budget,
    ) -> Result<(Sums, bool), Error> {
        let mut sums = hour.kept.clone();
        let period = Period {
            from: hour.start,
            to: hour.start + HOUR,
        };
        let left_out = hour.expiring.iter().copied().collect();
        let add = |one: Ended| sums.entry(one.function).or_default().add(&one.sums);
        self.add_up(&[period], &left_out, budget, add).await?;
        if budget.is_spent() {
            return Ok((sums, false));
        }
        let is_stored = self.change_hour(hour, usage::write_closed(&sums)).await?;
        Ok((sums, is_stored))
    }

    /// Passes all ended executions that were accepted within `periods` to `add`, until the budget is
    /// exhausted.
    pub(super) async fn add_up(
        &self,
        periods: &[Period],
        left_out: &HashSet<ExecutionId>,
        budget: &mut Budget,
        mut add: impl FnMut(Ended),
    ) -> Result<(), Error> {
        for some in periods.chunks(PERIODS) {
            for filter in self.ended_within(some) {
                if budget.is_spent() {
                    return Ok(());
                }
                let find = self.collections.executions.find(filter);
                let mut found = find.projection(usage::ended_fields()).await?;
                while let Some(document) = found.try_next().await? {
                    if !budget.spend() {
                        return Ok(());
                    }
                    let ended = readable(&document, usage::ended(&document))?;
                    if let Some(one) = ended.filter(|one| !left_out.contains(&one.id)) {
                        add(one);
                    }
                }
            }
        }
        Ok(())
    }

    /// Creates documents for the hours of executions that an earlier system stored. Runs once.
    pub(crate) async fn find_legacy_hours(&self) -> Result<(), Error> {
        const DONE: &str = "legacyhours";
        if self
            .collections
            .state
            .find_one(doc! { "_id": DONE })
            .await?
            .is_some()
        {
            return Ok(());
        }
        let mut from = Period::ALL.from;
        while let Some(hour) = self.next_legacy_hour(from).await? {
            self.open_hours(&[hour], Timestamp::from_micros(0)).await?;
            from = hour + HOUR;
        }
        let done = doc! { "_id": DONE };
        let insert = self.collections.state.insert_one(done).await;
        match insert.map_err(Error::from) {
            Err(error) if !error.is_duplicate() => Err(error),
            _ => Ok(()),
        }
    }

    /// The first hour at or after `from` in which an earlier system started an execution.
    async fn next_legacy_hour(&self, from: Timestamp) -> Result<Option<Timestamp>, Error> {
        let least = ObjectId::from_bytes([0; 12]);
        let filter = doc! { "startTime": { "$gte": date(from) }, "_id": { "$gte": least } };
        let find = self.collections.executions.find_one(filter);
        let find = find.sort(doc! { "startTime": 1 });
        let found = find.projection(doc! { "startTime": 1 }).await?;
        let started = found
            .as_ref()
            .and_then(|one| one.get_datetime("startTime").ok());
        Ok(started.map(|at| Timestamp::from_millis(at.timestamp_millis()).hour()))
    }
}
