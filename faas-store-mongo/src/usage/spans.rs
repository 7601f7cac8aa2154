//! Sums of closed days and months, so that a report over years reads few documents.
//!
//! The sums of a day are those of its hours, and the sums of a month those of its days. Each has one
//! document and is opened and closed like an hour. A server that opens an hour opens its day and its
//! month before it writes to the hour. A server that closes a day or month reads the revision,
//! checks that all parts are closed, and stores their sums only if the revision is unchanged.

use std::collections::BTreeSet;
use std::time::Duration;

use faas_core::model::Timestamp;
use faas_core::store::Period;
use faas_core::store::rollup::Known;
use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};

use super::hours::Budget;
use super::report::{Rows, Wanted};
use crate::collections::{DAYS, HOURS, MONTHS};
use crate::documents::usage::{self, Span, Sums};
use crate::documents::{Fields, date};
use crate::error::Error;
use crate::store::Inner;

/// The number of days, and of months, that one pass closes.
const CLOSED_AT_ONCE: i64 = 64;
/// The maximum number of functions in the sums of a span, which must fit into a document. A span
/// with more functions stays open.
const LARGEST: usize = 32_768;

/// The length of a span of time that sums are stored for, longer than an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Day,
    Month,
}

impl Length {
    pub(super) const ALL: [Self; 2] = [Self::Day, Self::Month];

    fn floor(self, moment: Timestamp) -> Timestamp {
        match self {
            Self::Day => moment.day(),
            Self::Month => moment.month(),
        }
    }

    fn end(self, start: Timestamp) -> Timestamp {
        const DAY: Duration = Duration::from_secs(24 * 3_600);
        match self {
            Self::Day => start + DAY,
            // 31 days after its start is always in the next month.
            Self::Month => (start + 31 * DAY).month(),
        }
    }

    fn whole(self, start: Timestamp) -> Period {
        let to = self.end(start);
        Period { from: start, to }
    }

    /// The whole spans within `period`; `None` if there are none.
    fn within(self, period: Period) -> Option<Period> {
        let mut from = self.floor(period.from);
        if from < period.from {
            from = self.end(from);
        }
        let to = self.floor(period.to);
        (from < to).then_some(Period { from, to })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Day => DAYS,
            Self::Month => MONTHS,
        }
    }
}

/// Starts of hours.
type Hours = BTreeSet<Timestamp>;

impl Inner {
    const fn spans(&self, length: Length) -> &Collection<Document> {
        match length {
            Length::Day => &self.collections.days,
            Length::Month => &self.collections.months,
        }
    }

    /// Opens the days and months of these hours, which are open already.
    pub(super) async fn open_spans(&self, hours: &[Timestamp]) -> Result<(), Error> {
        // Months last: a server closes a month when it finds all its days closed.
        for length in Length::ALL {
            let starts: BTreeSet<_> = hours.iter().map(|hour| length.floor(*hour)).collect();
            let open = |start: &Timestamp| {
                Bson::Document(doc! {
                    "q": { "_id": date(*start) },
                    "u": { "$set": { "closed": false }, "$inc": { "revision": 1_i64 } },
                    "upsert": true,
                })
            };
            self.upsert(length.name(), starts.iter().map(open).collect())
                .await?;
        }
        Ok(())
    }

    /// Adds the closed spans of this length within `period`. Returns the rest of the period.
    pub(super) async fn enter_spans(
        &self,
        length: Length,
        period: Period,
        wanted: Wanted<'_>,
        rows: &mut Rows,
        budget: &mut Budget,
    ) -> Result<Vec<Period>, Error> {
        let Some(whole) = length.within(period) else {
            return Ok(vec![period]);
        };
        let mut held = None;
        let mut rest = Vec::new();
        let mut next = period.from;
        let mut leave = |rest: &mut Vec<Period>, until: Timestamp, then: Timestamp| {
            let (from, to) = (next, until);
            if from < to {
                rest.push(Period { from, to });
            }
            next = then;
        };
        let find = self.spans(length).find(starting_within(whole));
        let find = find.projection(wanted.fields()).sort(doc! { "_id": 1 });
        let mut found = find.await?;
        while let Some(document) = found.try_next().await? {
            let span = usage::span(&document, length.name())?;
            if span.is_closed {
                wanted.enter(&document, length.name(), rows)?;
            } else {
                let held = match &mut held {
                    Some(held) => held,
                    None => held.insert(self.held_open(whole).await?),
                };
                let Some(sums) = self.close_span(length, &span, held, budget).await? else {
                    continue;
                };
                wanted.enter_all(span.start, &sums, rows);
            }
            leave(&mut rest, span.start, length.end(span.start));
        }
        leave(&mut rest, period.to, period.to);
        Ok(rest)
    }

    /// Computes and stores the sums of a span that is over and whose parts are all closed. Does nothing
    /// if `held` has an hour of the span.
    async fn close_span(
        &self,
        length: Length,
        span: &Span,
        held: &Hours,
        budget: &mut Budget,
    ) -> Result<Option<Sums>, Error> {
        let whole = length.whole(span.start);
        let is_held = held.range(whole.from..whole.to).next().is_some();
        if is_held || self.clock.now() < whole.to {
            return Ok(None);
        }
        let sums = match length {
            Length::Day => self.sums_of_hours(whole, budget).await?,
            Length::Month => self.sums_of_days(whole, held, budget).await?,
        };
        let Some(sums) = sums.filter(|sums| sums.len() <= LARGEST) else {
            return Ok(None);
        };
        let filter = doc! { "_id": date(span.start), "revision": span.revision };
        let mut set = usage::write_closed(&sums);
        set.insert("revision", span.revision + 1);
        let update = self.spans(length).update_one(filter, doc! { "$set": set });
        let is_stored = update.await?.matched_count == 1;
        Ok(is_stored.then_some(sums))
    }

    /// The sums of the hours within `period`; `None` if one of them is not closed.
    async fn sums_of_hours(
        &self,
        period: Period,
        budget: &mut Budget,
    ) -> Result<Option<Sums>, Error> {
        let mut sums = Sums::new();
        for hour in self.hours(starting_within(period), 0).await? {
            let made;
            let closed = match &hour.closed {
                Some(closed) => closed,
                None if self.is_closable(&hour) => {
                    let (all, is_stored) = self.close_hour(&hour, budget).await?;
                    if !is_stored {
                        return Ok(None);
                    }
                    made = all;
                    &made
                }
                None => return Ok(None),
            };
            usage::add_all(&mut sums, closed);
        }
        Ok(Some(sums))
    }

    /// The sums of the days within `period`; `None` if one of them cannot be closed.
    async fn sums_of_days(
        &self,
        period: Period,
        held: &Hours,
        budget: &mut Budget,
    ) -> Result<Option<Sums>, Error> {
        let days = self.spans(Length::Day).find(starting_within(period));
        let mut found = days.sort(doc! { "_id": 1 }).await?;
        let mut sums = Sums::new();
        while let Some(document) = found.try_next().await? {
            let day = usage::span(&document, DAYS)?;
            if day.is_closed {
                usage::add_all(&mut sums, &usage::sums(&document, DAYS)?);
                continue;
            }
            let closing = Box::pin(self.close_span(Length::Day, &day, held, budget));
            let Some(closed) = closing.await? else {
                return Ok(None);
            };
            usage::add_all(&mut sums, &closed);
        }
        Ok(Some(sums))
    }

    /// The hours within `period` that a server holds open.
    async fn held_open(&self, period: Period) -> Result<Hours, Error> {
        let mut filter = starting_within(period);
        filter.insert("closed", false);
        filter.insert("openUntil", doc! { "$gte": date(self.closable_before()) });
        let find = self.collections.hours.find(filter);
        let mut found = find.projection(doc! { "_id": 1 }).await?;
        let mut hours = Hours::new();
        while let Some(document) = found.try_next().await? {
            hours.insert(Fields::new(&document, HOURS).moment("_id")?);
        }
        Ok(hours)
    }

    /// Closes days and months that are over. Returns whether more may be left.
    pub(super) async fn close_spans(&self) -> Result<bool, Error> {
        let mut is_full = false;
        let held = self.held_open(Period::ALL).await?;
        for length in Length::ALL {
            let open = doc! {
                "closed": false,
                "_id": { "$lt": date(length.floor(self.clock.now())) },
            };
            let find = self.spans(length).find(open).sort(doc! { "_id": 1 });
            let mut found = find.limit(CLOSED_AT_ONCE).await?;
            let mut closed = 0;
            while let Some(document) = found.try_next().await? {
                let span = usage::span(&document, length.name())?;
                let mut budget = Budget::unlimited();
                let sums = self.close_span(length, &span, &held, &mut budget).await?;
                closed += i64::from(sums.is_some());
            }
            is_full |= closed == CLOSED_AT_ONCE;
        }
        Ok(is_full)
    }
}

/// Extends a range of whole days within `asked` to whole months where the added days have no
/// executions.
pub(super) fn widen(days: Period, asked: Period, known: &Known) -> Period {
    let Period { mut from, mut to } = days;
    if asked.from <= known.oldest {
        from = from.month();
    }
    if asked.to > known.newest && to.month() < to {
        to = Length::Month.end(to.month());
    }
    Period { from, to }
}

/// Matches spans that start within `period`.
pub(super) fn starting_within(period: Period) -> Document {
    doc! { "_id": { "$gte": date(period.from), "$lt": date(period.to) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        for (start, end) in [
            ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(Length::Month.end(at(start)), at(end));
        }
    }

    #[test]
    fn all_days_that_there_are_make_up_whole_months() {
        let known = Known {
            oldest: at("2026-01-15T07:00:00Z"),
            newest: at("2026-03-09T08:59:59Z"),
            executions_from: at("2026-01-15T07:00:00Z"),
            minutes_from: at("2026-01-15T07:00:00Z"),
        };
        let (from, to) = (at("2026-01-15T00:00:00Z"), at("2026-03-10T00:00:00Z"));
        let days = Period { from, to };
        let all = widen(days, Period::ALL, &known);
        assert_eq!(all.from, at("2026-01-01T00:00:00Z"));
        assert_eq!(all.to, at("2026-04-01T00:00:00Z"));
        let (from, to) = (at("2026-01-16T00:00:00Z"), at("2026-03-01T00:00:00Z"));
        let days = Period { from, to };
        assert_eq!(widen(days, days, &known), days);
    }

    #[test]
    fn only_whole_spans_lie_within_a_period() {
        let within = |length: Length, from, to| {
            let (from, to) = (at(from), at(to));
            length.within(Period { from, to })
        };
        let (from, to) = ("2026-01-15T00:00:00Z", "2026-04-02T00:00:00Z");
        let months = within(Length::Month, from, to).unwrap();
        assert_eq!(months.from, at("2026-02-01T00:00:00Z"));
        assert_eq!(months.to, at("2026-04-01T00:00:00Z"));
        let days = within(Length::Day, from, to).unwrap();
        assert_eq!((days.from, days.to), (at(from), at(to)));
        let (from, to) = ("2026-01-15T00:00:00Z", "2026-02-14T00:00:00Z");
        assert_eq!(within(Length::Month, from, to), None);
    }
}
