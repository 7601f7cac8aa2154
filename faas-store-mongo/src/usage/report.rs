//! Reads usage reports.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use faas_core::model::UsageSums;
use faas_core::model::{ExecutionId, FunctionId, Status, Timestamp};
use faas_core::store::rollup::{Grain, Known, Segment, cover};
use faas_core::store::{Granularity, Period, Totals, UsageGroup, UsageKey, UsageQuery, UsageRow};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

use super::hours::{Budget, TRIES};
use super::spans::{self, Length, starting_within};
use crate::collections::{HOURS, STATE};
use crate::documents::usage::{self, Ended, Hour, Sums};
use crate::documents::{Fields, date};
use crate::error::Error;
use crate::period;
use crate::store::Inner;

/// The document that records what has expired.
pub(super) const EXPIRY: &str = "expiry";

/// What has expired so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expiry {
    /// Executions accepted before this time may be deleted.
    executions_from: Timestamp,
    /// Incremented before executions are deleted whose sums are kept in their hours.
    generation: i64,
}

pub(super) type Rows = BTreeMap<UsageKey, UsageSums>;

/// The fields of the documents of closed spans that a query needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a>(&'a UsageQuery);

impl Inner {
    pub(crate) async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
        for _ in 0..TRIES {
            let before = self.expiry().await?;
            let rows = self.rows(query, before).await?;
            // Executions deleted between reading the hours and the executions would be missing.
            if self.expiry().await? == before {
                let row = |(key, sums)| UsageRow { key, sums };
                return Ok(rows.into_iter().map(row).collect());
            }
        }
        Err(Error::Contended(
            "executions keep expiring during the report",
        ))
    }

    pub(crate) async fn totals(&self) -> Result<Totals, Error> {
        let ended = UsageQuery {
            period: Period::ALL,
            function: None,
            group: UsageGroup::Time(Granularity::Month),
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
            UsageGroup::Function => Grain::Day,
            UsageGroup::Time(granularity) => Grain::coarsest_for(granularity),
        };
        let mut raw = Raw::default();
        let mut budget = Budget::new(self.report_limit);
        for Segment { grain, period } in cover(query.period, coarsest, &known) {
            match grain {
                Some(Grain::Day) => {
                    let period = spans::widen(period, query.period, &known);
                    self.enter_days(period, query, &mut rows, &mut raw, &mut budget)
                        .await?;
                }
                Some(Grain::Hour) => {
                    self.enter_hours(period, query, &mut rows, &mut raw, &mut budget)
                        .await?;
                }
                Some(Grain::Minute) | None => raw.add(period),
            }
        }
        let add = |one: Ended| enter(query, one.accepted, one.function, &one.sums, &mut rows);
        self.add_up(&raw.periods, &raw.left_out, &mut budget, add)
            .await?;
        if budget.is_spent() && !self.is_incomplete.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                limit = self.report_limit,
                "a report is incomplete: there are too many executions whose hours are not added up \
                 yet, which is done in the background"
            );
        }
        Ok(rows)
    }

    /// Adds whole days: by month; where the month is not closed, by day; where the day is not closed,
    /// by hour.
    async fn enter_days(
        &self,
        period: Period,
        query: &UsageQuery,
        rows: &mut Rows,
        raw: &mut Raw,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let wanted = Wanted(query);
        let months = match query.group {
            UsageGroup::Function | UsageGroup::Time(Granularity::Month) => {
                self.enter_spans(Length::Month, period, wanted, rows, budget)
                    .await?
            }
            UsageGroup::Time(_) => vec![period],
        };
        for period in months {
            let days = self.enter_spans(Length::Day, period, wanted, rows, budget);
            for period in days.await? {
                self.enter_hours(period, query, rows, raw, budget).await?;
            }
        }
        Ok(())
    }

    async fn enter_hours(
        &self,
        period: Period,
        query: &UsageQuery,
        rows: &mut Rows,
        raw: &mut Raw,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let wanted = Wanted(query);
        let find = self.collections.hours.find(starting_within(period));
        let mut found = find.projection(wanted.fields()).await?;
        let mut open = Vec::new();
        while let Some(document) = found.try_next().await? {
            let span = usage::span(&document, HOURS)?;
            if span.is_closed {
                wanted.enter(&document, HOURS, rows)?;
            } else {
                open.push(Bson::from(date(span.start)));
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        for hour in self.hours(doc! { "_id": { "$in": open } }, 0).await? {
            if let Some(period) = self.hour(&hour, query, rows, budget).await? {
                raw.add(period);
                raw.left_out.extend(hour.expiring);
            }
        }
        Ok(())
    }

    /// Adds the sums of an hour. Returns its period if its executions must be added.
    async fn hour(
        &self,
        hour: &Hour,
        query: &UsageQuery,
        rows: &mut Rows,
        budget: &mut Budget,
    ) -> Result<Option<Period>, Error> {
        let made;
        let sums = match &hour.closed {
            Some(sums) => sums,
            None if self.is_closable(hour) => {
                (made, _) = self.close_hour(hour, budget).await?;
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

    /// The hours that have executions, and the part that must be read in detail.
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
            // Minutes are computed from executions, so they expire with them.
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
            if self.has_legacy {
                filters.push(doc! { "_id": { "$gte": "" } });
            }
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

/// The periods that must be read from the executions.
#[derive(Debug, Default)]
struct Raw {
    periods: Vec<Period>,
    /// Executions that are counted in the kept sums.
    left_out: HashSet<ExecutionId>,
}

impl Raw {
    /// Adds a period, which may continue the last one.
    fn add(&mut self, next: Period) {
        match self.periods.last_mut() {
            Some(last) if last.to == next.from => last.to = next.to,
            _ => self.periods.push(next),
        }
    }
}

impl Wanted<'_> {
    /// The fields to read of a span.
    pub(super) fn fields(self) -> Document {
        let mut fields = doc! { "closed": 1, "revision": 1 };
        match (self.0.function, self.0.group) {
            (Some(function), _) => drop(fields.insert(usage::sums_of(function), 1)),
            (None, UsageGroup::Function) => drop(fields.insert("sums", 1)),
            (None, UsageGroup::Time(_)) => drop(fields.insert("total", 1)),
        }
        fields
    }

    /// Adds a closed span, of which those fields were read.
    pub(super) fn enter(
        self,
        document: &Document,
        collection: &'static str,
        rows: &mut Rows,
    ) -> Result<(), Error> {
        let start = usage::span(document, collection)?.start;
        match (self.0.function, self.0.group) {
            (None, UsageGroup::Time(granularity)) => {
                let total = usage::total(document, collection)?;
                if total.executions > 0 {
                    let key = UsageKey::Time(granularity.floor(start));
                    rows.entry(key).or_default().add(&total);
                }
            }
            _ => self.enter_all(start, &usage::sums(document, collection)?, rows),
        }
        Ok(())
    }

    /// Adds the sums of a span.
    pub(super) fn enter_all(self, start: Timestamp, sums: &Sums, rows: &mut Rows) {
        for (function, sums) in sums {
            enter(self.0, start, *function, sums, rows);
        }
    }
}
