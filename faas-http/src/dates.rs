//! Dates and moments in queries.
//!
//! A date is `YYYY-MM-DD` or an RFC 3339 moment, within the years 1970 to 9999 in UTC. A period
//! starts with its start and lasts until before its end, so that periods which follow one another
//! share no execution; only an end that is a bare date takes its whole day in.

use std::time::Duration;

use faas_core::model::Timestamp;
use faas_core::store::Period;
use time::macros::format_description;
use time::{Date, Time};

use crate::error::ApiError;
use crate::extract::{Params, shorten};

/// 24 hours.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
const MILLI: Duration = Duration::from_millis(1);
/// 9999-12-31T23:59:59.999Z.
const LAST: Timestamp = Timestamp::from_millis(253_402_300_799_999);

/// A period that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateRange {
    /// Its first moment.
    pub(crate) start: Timestamp,
    /// Its end as it is told to the client.
    pub(crate) end: Timestamp,
    /// What the store is asked.
    pub(crate) period: Period,
}

impl DateRange {
    /// The period as answers have it.
    pub(crate) const fn shown(&self) -> faas_api::Period {
        faas_api::Period::new(self.start, self.end)
    }

    /// What `startDate` and `endDate` say. Without an end it is now, without a start it is
    /// `default` before the end.
    pub(crate) fn read(
        params: &Params,
        now: Timestamp,
        default: Duration,
    ) -> Result<Self, ApiError> {
        let start = moment(params, "startDate", Edge::Start)?.map(|start| start.shown);
        let end = moment(params, "endDate", Edge::End)?;
        let (shown_end, until) = match end {
            Some(End { shown, until }) => (shown, until),
            // Now has not passed yet: what is accepted in this very millisecond counts.
            None => {
                let end = start.map_or(now, |start| now.max(start));
                (end, end + MILLI)
            }
        };
        let start = start.unwrap_or_else(|| (shown_end - default).max(Timestamp::default()));
        if shown_end < start {
            return Err(ApiError::invalid(format!(
                "endDate {shown_end} lies before startDate {start}"
            )));
        }
        Ok(Self {
            start,
            end: shown_end,
            period: Period {
                from: start,
                to: until,
            },
        })
    }
}

/// The period between the moments in the parameters `from` and `to`; all time without them.
pub(crate) fn between(params: &Params, from: &str, to: &str) -> Result<Period, ApiError> {
    let start = moment(params, from, Edge::Start)?.map_or(Period::ALL.from, |start| start.shown);
    let end = moment(params, to, Edge::End)?;
    if end.as_ref().is_some_and(|end| end.shown < start) {
        return Err(ApiError::invalid(format!("{to} lies before {from}")));
    }
    Ok(Period {
        from: start,
        to: end.map_or(Period::ALL.to, |end| end.until),
    })
}

/// Which side of a period a bare date is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// One side of a period.
struct End {
    /// As it is told.
    shown: Timestamp,
    /// The first moment after, when it is an end.
    until: Timestamp,
}

fn moment(params: &Params, name: &str, edge: Edge) -> Result<Option<End>, ApiError> {
    let Some(text) = params.text(name)? else {
        return Ok(None);
    };
    match parse(text, edge) {
        Some(end) => Ok(Some(end)),
        None => Err(ApiError::invalid(format!(
            "{name} is {:?}: expected YYYY-MM-DD or an RFC 3339 moment such as \
             2026-01-31T14:00:00Z, in the years 1970 to 9999",
            shorten(text)
        ))),
    }
}

fn parse(text: &str, edge: Edge) -> Option<End> {
    if let Ok(date) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        let midnight = Timestamp::from_datetime(date.with_time(Time::MIDNIGHT).assume_utc());
        let midnight = sane(midnight)?;
        let last = midnight + (DAY - MILLI);
        return Some(match edge {
            Edge::Start => End {
                shown: midnight,
                until: midnight,
            },
            Edge::End => End {
                shown: last,
                until: last + MILLI,
            },
        });
    }
    // A query turns the plus of an offset that was not escaped into a space.
    let moment = sane(Timestamp::parse_rfc3339(&text.replace(' ', "+"))?)?;
    Some(End {
        shown: moment,
        until: moment,
    })
}

fn sane(moment: Timestamp) -> Option<Timestamp> {
    (Timestamp::default()..=LAST + (MILLI - Duration::from_micros(1)))
        .contains(&moment)
        .then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_769_868_309_123);

    fn read(query: &str) -> Result<DateRange, String> {
        let uri = format!("/?{query}").parse().unwrap();
        let params = Params::of(&uri).unwrap();
        DateRange::read(&params, NOW, DAY).map_err(|error| format!("{error:?}"))
    }

    fn shown(query: &str) -> (String, String) {
        let range = read(query).unwrap();
        (range.start.to_string(), range.end.to_string())
    }

    fn pair(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn without_dates_it_is_the_last_24_hours_up_to_and_with_now() {
        assert_eq!(
            shown(""),
            pair("2026-01-30T14:05:09.123Z", "2026-01-31T14:05:09.123Z")
        );
        assert!(read("").unwrap().period.contains(NOW));
    }

    #[test]
    fn an_end_that_is_a_bare_date_takes_its_whole_day_in() {
        let range = read("startDate=2026-01-01&endDate=2026-01-31").unwrap();
        assert_eq!(range.period.from.to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(range.period.to.to_string(), "2026-02-01T00:00:00.000Z");
        assert_eq!(range.end.to_string(), "2026-01-31T23:59:59.999Z");
        assert!(read("startDate=2026-01-31&endDate=2026-01-31").is_ok());
    }

    #[test]
    fn periods_that_follow_one_another_share_no_moment() {
        let first = read("startDate=2026-01-01T00:00:00Z&endDate=2026-01-02T00:00:00Z").unwrap();
        let second = read("startDate=2026-01-02T00:00:00Z&endDate=2026-01-03T00:00:00Z").unwrap();
        assert_eq!(first.period.to, second.period.from);
    }

    #[test]
    fn a_moment_may_have_any_offset_even_with_its_plus_unescaped() {
        let expected = pair("2026-01-31T12:00:00.000Z", "2026-01-31T14:05:09.123Z");
        assert_eq!(shown("startDate=2026-01-31T14:00:00%2B02:00"), expected);
        assert_eq!(shown("startDate=2026-01-31T14:00:00+02:00"), expected);
    }

    #[test]
    fn a_start_in_the_future_is_an_empty_period_and_an_end_before_its_start_an_error() {
        assert!(read("startDate=2027-01-01").is_ok());
        assert!(read("startDate=2026-01-02&endDate=2026-01-01").is_err());
        assert_eq!(
            shown("endDate=1970-01-01"),
            pair("1970-01-01T00:00:00.000Z", "1970-01-01T23:59:59.999Z")
        );
        assert!(read("endDate=9999-12-31").is_ok());
    }

    #[test]
    fn what_is_no_date_is_refused_with_what_was_expected() {
        for bad in [
            "x",
            "2026-13-01",
            "2026-02-30",
            "2026-1-1",
            "1969-12-31",
            "10000-01-01",
            "%2B010000-01-01T00:00:00Z",
            "-2026-01-01",
            "1970-01-01T00:00:00%2B14:00",
            "9999-12-31T23:59:59-14:00",
            "2026-01-31T25:00:00Z",
            "1769868309",
            "NaN",
            "%00",
            "%FF",
        ] {
            let error = read(&format!("startDate={bad}")).unwrap_err();
            assert!(error.contains("expected YYYY-MM-DD"), "{bad}: {error}");
        }
    }
}
