//! Dates and moments in queries.
//!
//! A date is `YYYY-MM-DD`, `YYYY-MM`, `YYYY`, an RFC 3339 moment, or a moment without a zone, which is
//! in UTC; within the years 1970 to 9999. A period starts with its start and lasts until before its
//! end, so that periods which follow one another share no execution; an end that is a date includes
//! its whole day, month or year. A period whose end is before its start is empty.

use std::time::Duration;

use faas_core::model::Timestamp;
use faas_core::store::Period;
use time::{Date, Month, Time};

use crate::error::ApiError;
use crate::extract::{Params, shorten};

/// 24 hours.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
const MILLI: Duration = Duration::from_millis(1);
/// 9999-12-31T23:59:59.999Z.
const LAST: Timestamp = Timestamp::from_millis(253_402_300_799_999);

/// The period that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateRange {
    /// Its first moment.
    pub(crate) start: Timestamp,
    /// Its end, as answers have it.
    pub(crate) end: Timestamp,
    /// The period to ask the store for.
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
        Ok(Self {
            start,
            end: shown_end,
            period: ordered(start, until),
        })
    }
}

/// The period between the moments in the parameters `from` and `to`; all time without them.
pub(crate) fn between(params: &Params, from: &str, to: &str) -> Result<Period, ApiError> {
    let start = moment(params, from, Edge::Start)?.map_or(Period::ALL.from, |start| start.shown);
    let end = moment(params, to, Edge::End)?;
    if end.as_ref().is_some_and(|end| end.shown < start) {
        return Err(ApiError::invalid(format!("{to} is before {from}")));
    }
    Ok(ordered(start, end.map_or(Period::ALL.to, |end| end.until)))
}

/// The period from `from` to `to`; an empty one when it ends before it starts.
fn ordered(from: Timestamp, to: Timestamp) -> Period {
    Period {
        from,
        to: to.max(from),
    }
}

/// The side of a period that a date is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// One side of a period.
struct End {
    /// As answers have it.
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
            "{name} is {:?}: expected YYYY-MM-DD, YYYY-MM, YYYY or an RFC 3339 moment such as \
             2026-01-31T14:00:00Z, in the years 1970 to 9999",
            shorten(text)
        ))),
    }
}

fn parse(text: &str, edge: Edge) -> Option<End> {
    if let Some((first, last)) = days(text) {
        let midnight =
            |date: Date| Timestamp::from_datetime(date.with_time(Time::MIDNIGHT).assume_utc());
        let first = sane(midnight(first))?;
        let until = midnight(last) + DAY;
        return Some(match edge {
            Edge::Start => End {
                shown: first,
                until: first,
            },
            Edge::End => End {
                shown: until - MILLI,
                until,
            },
        });
    }
    let moment = sane(instant(text)?)?;
    Some(End {
        shown: moment,
        until: moment,
    })
}

/// The first and the last day of the day, month or year that `text` is.
fn days(text: &str) -> Option<(Date, Date)> {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let year = parts
        .next()
        .filter(|year| year.len() == 4 && is_number(year))?;
    let year: i32 = year.parse().ok()?;
    let mut two_digits = || match parts.next() {
        None => Some(None),
        Some(part) if part.len() == 2 && is_number(part) => part.parse::<u8>().ok().map(Some),
        Some(_) => None,
    };
    let (month, day) = (two_digits()?, two_digits()?);
    if parts.next().is_some() {
        return None;
    }
    let (Some(month), day) = (month, day) else {
        let first = Date::from_calendar_date(year, Month::January, 1).ok()?;
        let last = Date::from_calendar_date(year, Month::December, 31).ok()?;
        return Some((first, last));
    };
    let month = Month::try_from(month).ok()?;
    let (first, last) = match day {
        Some(day) => (day, day),
        None => (1, month.length(year)),
    };
    let first = Date::from_calendar_date(year, month, first).ok()?;
    let last = Date::from_calendar_date(year, month, last).ok()?;
    Some((first, last))
}

/// The moment that `text` is: RFC 3339, with a space for its `T` too, or without a zone, or without
/// seconds and a zone. Without a zone it is in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let time = time.strip_prefix(['T', 't', ' '])?;
    // In a query, the plus of an offset that was not escaped has become a space.
    let text = format!("{date}T{}", time.replace(' ', "+"));
    ["", "Z", ":00Z"]
        .iter()
        .find_map(|end| Timestamp::parse_rfc3339(&format!("{text}{end}")))
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
    fn an_end_before_its_start_is_an_empty_period_and_so_is_a_start_in_the_future() {
        assert!(read("startDate=2027-01-01").is_ok());
        let empty = read("startDate=2026-01-02&endDate=2026-01-01T12:00:00Z").unwrap();
        assert_eq!(empty.period.from, empty.period.to);
        assert_eq!(empty.start.to_string(), "2026-01-02T00:00:00.000Z");
        assert_eq!(empty.end.to_string(), "2026-01-01T12:00:00.000Z");
        assert_eq!(
            shown("endDate=1970-01-01"),
            pair("1970-01-01T00:00:00.000Z", "1970-01-01T23:59:59.999Z")
        );
        assert!(read("endDate=9999-12-31").is_ok());
    }

    #[test]
    fn a_month_and_a_year_are_dates_and_as_an_end_they_are_included() {
        assert_eq!(
            shown("startDate=2024-02&endDate=2024-02"),
            pair("2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z")
        );
        assert_eq!(
            shown("startDate=2025&endDate=2025"),
            pair("2025-01-01T00:00:00.000Z", "2025-12-31T23:59:59.999Z")
        );
        assert_eq!(shown("endDate=9998-12").1, "9998-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_time_without_a_zone_is_in_utc() {
        for (text, expected) in [
            ("2026-01-31T12:00:00", "2026-01-31T12:00:00.000Z"),
            ("2026-01-31T12:00", "2026-01-31T12:00:00.000Z"),
            ("2026-01-31%2012:00:00.5", "2026-01-31T12:00:00.500Z"),
            ("2026-01-31+12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ] {
            assert_eq!(shown(&format!("startDate={text}")).0, expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_date_is_refused_with_what_was_expected() {
        for bad in [
            "x",
            "202",
            "2026-",
            "2026-1",
            "2026-13",
            "2026-01-01-01",
            "2026-01-31T",
            "2026-01-31T12",
            "1969",
            "+202",
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
