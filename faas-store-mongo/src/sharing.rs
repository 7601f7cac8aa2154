//! What lets several platforms use the database at the same time: leases, and what nobody holds.
//!
//! What waits for somebody to take it up is looked up by one number, in microseconds, in a field that
//! only those executions have that may wait so: `waitsSince`, when a pending one is due, and
//! `leaseEnds`, when the `lease` of a running one does.

use std::collections::{BTreeMap, HashMap};

use faas_core::model::{ExecutionId, Status, Timestamp};
use faas_core::store::{Lease, Overdue, OverdueQuery, Renewed, Stage};
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, doc};

use crate::collections::EXECUTIONS;
use crate::documents::damage::readable;
use crate::documents::{Fields, date, execution};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// What an execution says of its lease.
struct Held {
    attempt: u32,
    is_cancel_requested: bool,
}

impl Inner {
    pub(crate) async fn overdue(&self, query: &OverdueQuery) -> Result<Vec<Overdue>, Error> {
        let Some(waits) = execution::waits_in(query.status).filter(|_| query.limit > 0) else {
            return Ok(Vec::new());
        };
        let mut range = doc! { "$lt": query.before.as_micros() };
        if query.from != Timestamp::MIN {
            range.insert("$gte", query.from.as_micros());
        }
        let mut filter = doc! { waits: range };
        if !query.except.is_empty() {
            let except: Vec<Bson> = query.except.iter().map(|id| id.bson()).collect();
            filter.insert("functionId", doc! { "$nin": except });
        }
        let find = self.collections.executions.find(filter);
        let mut found = find
            .projection(doc! { "attempt": 1, "cancelRequested": 1 })
            .sort(doc! { waits: 1 })
            .limit(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .await?;
        let mut overdue = Vec::new();
        while let Some(document) = found.try_next().await? {
            let fields = Fields::new(&document, EXECUTIONS);
            let read = || -> Result<Overdue, Error> {
                let attempt = fields.optional_u32("attempt")?.unwrap_or(0);
                Ok(Overdue {
                    id: fields.id("_id")?,
                    stage: Stage {
                        status: query.status,
                        attempt,
                    },
                    cancel_requested: fields.flag("cancelRequested"),
                })
            };
            overdue.extend(readable(&document, read())?);
        }
        Ok(overdue)
    }

    /// One command and one query, however many there are.
    pub(crate) async fn renew(
        &self,
        attempts: &[(ExecutionId, u32)],
        lease: &Lease,
    ) -> Result<Vec<Renewed>, Error> {
        if attempts.is_empty() {
            return Ok(Vec::new());
        }
        let owner = lease.owner.as_str();
        let mut by_attempt = BTreeMap::<u32, Vec<Bson>>::new();
        for (id, attempt) in attempts {
            by_attempt.entry(*attempt).or_default().push(id.bson());
        }
        let renewal = |(attempt, ids): (u32, Vec<Bson>)| {
            let held = doc! {
                "_id": { "$in": ids },
                "status": Status::Running.as_str(),
                "attempt": i64::from(attempt),
                "lease.owner": owner,
            };
            let renew = doc! { "$set": {
                "leaseEnds": lease.until.as_micros(),
                "lease.until": date(lease.until),
            } };
            Bson::Document(doc! { "q": held, "u": renew, "multi": true })
        };
        let renewals = by_attempt.into_iter().map(renewal).collect();
        self.bulk_update(EXECUTIONS, renewals).await?;
        let held = self.held(attempts, owner).await?;
        let became = |(id, attempt): &(ExecutionId, u32)| match held.get(id) {
            Some(held) if held.attempt != *attempt => Renewed::Lost,
            Some(held) if held.is_cancel_requested => Renewed::CancelRequested,
            Some(_) => Renewed::Held,
            None => Renewed::Lost,
        };
        Ok(attempts.iter().map(became).collect())
    }

    /// Which of these are running and held by this owner.
    async fn held(
        &self,
        attempts: &[(ExecutionId, u32)],
        owner: &str,
    ) -> Result<HashMap<ExecutionId, Held>, Error> {
        let ids: Vec<Bson> = attempts.iter().map(|(id, _)| id.bson()).collect();
        let filter = doc! {
            "_id": { "$in": ids },
            "status": Status::Running.as_str(),
            "lease.owner": owner,
        };
        let find = self.collections.executions.find(filter);
        let fields = doc! { "attempt": 1, "cancelRequested": 1 };
        let mut found = find.projection(fields).await?;
        let mut held = HashMap::new();
        while let Some(document) = found.try_next().await? {
            let fields = Fields::new(&document, EXECUTIONS);
            let read = || -> Result<(ExecutionId, Held), Error> {
                let one = Held {
                    attempt: fields.optional_u32("attempt")?.unwrap_or(0),
                    is_cancel_requested: fields.flag("cancelRequested"),
                };
                Ok((fields.id("_id")?, one))
            };
            held.extend(readable(&document, read())?);
        }
        Ok(held)
    }

    pub(crate) async fn request_cancel(&self, id: ExecutionId) -> Result<bool, Error> {
        let running = doc! { "_id": id.bson(), "status": Status::Running.as_str() };
        let request = doc! { "$set": { "cancelRequested": true } };
        let requested = self.collections.executions.update_one(running, request);
        Ok(requested.await?.matched_count == 1)
    }

    /// What an earlier system has left unfinished has waited for ever: nobody there had leases.
    pub(crate) async fn put_legacy_in_line(&self) -> Result<(), Error> {
        for status in [Status::Pending, Status::Running] {
            let Some(waits) = execution::waits_in(status) else {
                continue;
            };
            let left = doc! {
                "status": status.as_str(),
                "_id": { "$gte": ObjectId::from_bytes([0; 12]) },
                waits: Bson::Null,
            };
            let wait = doc! { "$set": { waits: 0_i64 } };
            self.collections.executions.update_many(left, wait).await?;
        }
        Ok(())
    }
}
