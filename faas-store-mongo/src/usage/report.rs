//! Answers what was used.

use std::collections::{BTreeMap, HashSet};

use faas_core::model::Status;
use faas_core::model::{FunctionId, Timestamp};
use faas_core::store::rollup::{Grain, Known, Segment, cover};
use faas_core::store::{Period, Totals, UsageGroup, UsageKey, UsageQuery, UsageRow, UsageSums};
use mongodb::bson::{Bson, Document, doc};

use super::hours::TRIES;
use crate::collections::STATE;
use crate::documents::usage::{Ended, Hour};
use crate::documents::{Fields, date};
use crate::error::Error;
use crate::period;
use crate::store::Inner;

/// The document that tells what has expired.
pub(super) const EXPIRY: &str = "expiry";

/// What has expired so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expiry {
    /// Executions accepted before may be gone.
    executions_from: Timestamp,
    /// Rises before executions are deleted that hours have begun to keep the sums of.
    generation: i64,
}

type Rows = BTreeMap<UsageKey, UsageSums>;

impl Inner {
    pub(crate) async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
        for _ in 0..TRIES {
            let before = self.expiry().await?;
            let rows = self.rows(query, before).await?;
            // What was deleted between reading the hours and the executions would be missing.
            if self.expiry().await? == before {
                let row = |(key, sums)| UsageRow { key, sums };
                return Ok(rows.into_iter().map(row).collect());
            }
        }
        Err(Error::Contended("executions expire all the time"))
    }

    pub(crate) async fn totals(&self) -> Result<Totals, Error> {
        let ended = UsageQuery {
            period: Period::ALL,
            function: None,
            group: UsageGroup::Function,
        };
        let mut sums = UsageSums::default();
        for row in self.usage(&ended).await? {
            sums.add(&row.sums);
        }
        Ok(Totals {
            pending: self.count(Status::Pending).await?,
            running: self.count(Status::Running).await?,
            completed: sums.executions - sums.failed,
            failed: sums.failed,
        })
    }

    async fn rows(&self, query: &UsageQuery, expiry: Expiry) -> Result<Rows, Error> {
        let mut rows = Rows::new();
        let Some(known) = self.known(expiry).await? else {
            return Ok(rows);
        };
        let coarsest = match query.group {
            UsageGroup::Function => Grain::Hour,
            UsageGroup::Time(granularity) => Grain::coarsest_for(granularity).min(Grain::Hour),
        };
        let mut raw = Vec::new();
        let mut left_out = HashSet::new();
        for Segment { grain, period } in cover(query.period, coarsest, &known) {
            if grain != Some(Grain::Hour) {
                join(&mut raw, period);
                continue;
            }
            let within = doc! { "_id": { "$gte": date(period.from), "$lt": date(period.to) } };
            for hour in self.hours(within, 0).await? {
                if let Some(period) = self.hour(&hour, query, &mut rows).await? {
                    join(&mut raw, period);
                    left_out.extend(hour.expiring);
                }
            }
        }
        let add = |one: Ended| enter(query, one.accepted, one.function, &one.sums, &mut rows);
        self.add_up(&raw, &left_out, add).await?;
        Ok(rows)
    }

    /// Enters the sums of an hour. Returns its period when its executions must be added.
    async fn hour(
        &self,
        hour: &Hour,
        query: &UsageQuery,
        rows: &mut Rows,
    ) -> Result<Option<Period>, Error> {
        let made;
        let sums = match &hour.closed {
            Some(sums) => sums,
            None if self.is_closable(hour) => {
                made = self.close_hour(hour).await?;
                &made
            }
            None => {
                for (function, sums) in &hour.kept {
                    enter(query, hour.start, *function, sums, rows);
                }
                return Ok(Some(whole(hour.start)));
            }
        };
        for (function, sums) in sums {
            enter(query, hour.start, *function, sums, rows);
        }
        Ok(None)
    }

    /// Between which hours there is anything, and what of it in detail.
    async fn known(&self, expiry: Expiry) -> Result<Option<Known>, Error> {
        let (Some(first), Some(last)) = (self.hour_at_end(1).await?, self.hour_at_end(-1).await?)
        else {
            return Ok(None);
        };
        let newest = whole(last).to.as_micros() - 1;
        Ok(Some(Known {
            oldest: first,
            newest: Timestamp::from_micros(newest),
            executions_from: expiry.executions_from,
            // Minutes are made from executions, so they go with them.
            minutes_from: Grain::Hour.ceil(expiry.executions_from),
        }))
    }

    async fn hour_at_end(&self, direction: i32) -> Result<Option<Timestamp>, Error> {
        let find = self.collections.hours.find_one(doc! {});
        let find = find
            .sort(doc! { "_id": direction })
            .projection(doc! { "_id": 1 });
        let found = find.await?;
        let start = found
            .as_ref()
            .and_then(|hour| hour.get_datetime("_id").ok());
        Ok(start.map(|start| Timestamp::from_millis(start.timestamp_millis())))
    }

    async fn expiry(&self) -> Result<Expiry, Error> {
        let found = self
            .collections
            .state
            .find_one(doc! { "_id": EXPIRY })
            .await?;
        let document = found.unwrap_or_default();
        let fields = Fields::new(&document, STATE);
        let from = fields.optional_integer("executionsFrom")?;
        Ok(Expiry {
            executions_from: Timestamp::from_micros(from.unwrap_or(0)),
            generation: fields.optional_integer("generation")?.unwrap_or(0),
        })
    }

    /// The filters for ended executions that were accepted within `periods`.
    pub(super) fn ended_within(&self, periods: &[Period]) -> Vec<Document> {
        let ended = doc! { "status": { "$in": ["completed", "failed"] } };
        let any = |filters: Vec<Document>| match filters.as_slice() {
            [one] => doc! { "$and": [ended.clone(), one.clone()] },
            _ => doc! { "$and": [ended.clone(), { "$or": filters }] },
        };
        let ours = periods.iter().map(|period| {
            let mut filters = period::exactly("createdAt", *period);
            filters.push(doc! { "_id": { "$gte": "" } });
            period::all(filters)
        });
        let mut all = vec![any(ours.collect())];
        if self.has_legacy {
            let least = Bson::ObjectId(mongodb::bson::oid::ObjectId::from_bytes([0; 12]));
            let legacy = periods.iter().map(|period| {
                let mut filters = vec![doc! { "_id": { "$gte": least.clone() } }];
                filters.extend(period::of_legacy(*period));
                period::all(filters)
            });
            all.push(any(legacy.collect()));
        }
        all
    }
}

fn enter(
    query: &UsageQuery,
    at: Timestamp,
    function: FunctionId,
    sums: &UsageSums,
    rows: &mut Rows,
) {
    if query.function.is_some_and(|id| id != function) {
        return;
    }
    let key = match query.group {
        UsageGroup::Function => UsageKey::Function(function),
        UsageGroup::Time(granularity) => UsageKey::Time(granularity.floor(at)),
    };
    rows.entry(key).or_default().add(sums);
}

fn whole(hour: Timestamp) -> Period {
    let length = std::time::Duration::from_secs(3_600);
    Period {
        from: hour,
        to: hour + length,
    }
}

/// Adds a period to the end of those that are there, which it may continue.
fn join(periods: &mut Vec<Period>, next: Period) {
    match periods.last_mut() {
        Some(last) if last.to == next.from => last.to = next.to,
        _ => periods.push(next),
    }
}
