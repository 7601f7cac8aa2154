//! Cron expressions in a time zone.
//!
//! `croner` reads and searches the expressions; the rules of time zones are those of the IANA
//! database, which is part of the program.
//!
//! When clocks go forward, an expression with one fixed time of day that falls into the gap fires at
//! the end of the gap, and one with several times skips those in the gap. When clocks go back, an
//! expression with one fixed time fires once, the first time; the others fire in both passes.

use std::cmp::Ordering;
use std::sync::OnceLock;

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Year};
use croner::time::{CivilDateTime, CronDateTime, Resolution, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, ZonedDateTime};
use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 128;

/// The time zones of the IANA database.
pub(crate) fn time_zones() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// A cron expression of five or six fields, and the time zone in which it counts.
///
/// ```
/// use faas_core::model::{CronExpression, Timestamp};
///
/// let mornings = CronExpression::new("0 9 * * MON-FRI", "Europe/Berlin")?;
/// let sunday = Timestamp::parse_rfc3339("2026-03-29T12:00:00Z").unwrap();
/// assert_eq!(mornings.after(sunday).unwrap().to_string(), "2026-03-30T07:00:00.000Z");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronExpression {
    expression: String,
    time_zone: String,
}

impl CronExpression {
    /// Reads an expression: minute, hour, day of the month, month, day of the week; with six fields,
    /// the first one has the seconds. The time zone is the name of one of the IANA database.
    ///
    /// # Errors
    /// What is wrong.
    pub fn new(expression: &str, time_zone: &str) -> Result<Self, String> {
        let zone = zone(time_zone)?;
        let this = Self {
            expression: expression.split_whitespace().collect::<Vec<_>>().join(" "),
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        };
        let cron = this.parse()?;
        if this
            .search(&cron, Timestamp::from_millis(0), true)
            .is_none()
        {
            return Err(format!("the cron expression {expression:?} never matches"));
        }
        Ok(this)
    }

    /// Returns the text of the expression.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Returns the name of the time zone.
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// Returns the first time after `moment`; `None` if there is none.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        self.search(&self.parse().ok()?, moment, true)
    }

    /// Returns the last time at or before `moment`.
    pub(super) fn at_or_before(&self, moment: Timestamp) -> Option<Timestamp> {
        self.search(&self.parse().ok()?, moment, false)
    }

    fn parse(&self) -> Result<Cron, String> {
        let text = &self.expression;
        if text.len() > MAX_LENGTH {
            return Err(format!(
                "the cron expression has {} bytes: at most {MAX_LENGTH} are accepted",
                text.len()
            ));
        }
        let parser = CronParser::builder().year(Year::Disallowed).build();
        parser
            .parse(text)
            .map_err(|error| format!("invalid cron expression {text:?}: {error}"))
    }

    fn search(&self, cron: &Cron, moment: Timestamp, forward: bool) -> Option<Timestamp> {
        let zone = zone(&self.time_zone).ok()?;
        // Expressions have whole seconds, so the part of a second does not matter.
        let second = moment.as_micros().div_euclid(1_000_000);
        let start = jiff::Timestamp::from_second(second).ok()?;
        let start = Instant(start.to_zoned_datetime(zone));
        let found = if forward {
            cron.find_next_occurrence(&start, false)
        } else {
            cron.find_previous_occurrence(&start, true)
        };
        let found = found.ok()?.0.timestamp();
        Some(Timestamp::from_micros(found.as_microsecond()))
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(TimeZone::UTC);
    }
    time_zones().get(name).map_err(|_| {
        format!("unknown time zone {name:?}: use a name such as \"Europe/Berlin\" or \"UTC\"")
    })
}

/// A moment in a time zone, as `croner` searches it.
#[derive(Clone)]
struct Instant(ZonedDateTime);

impl CronDateTime for Instant {
    fn to_civil(&self) -> CivilDateTime {
        use croner::time::{CivilDate, CivilTime};
        let part = |value: i8| u32::try_from(value).unwrap_or_default();
        let (date, time) = (self.0.date(), self.0.time());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(
                date.year().into(),
                part(date.month()),
                part(date.day()),
            ),
            CivilTime::from_parts_unchecked(
                part(time.hour()),
                part(time.minute()),
                part(time.second()),
            ),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let day = self.0.weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(u32::try_from(day).unwrap_or_default())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |value: u32| i8::try_from(value).map_err(|_| CronError::InvalidDate);
        let datetime = jiff::civil::DateTime::new(
            i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?,
            part(civil.month())?,
            part(civil.day())?,
            part(civil.hour())?,
            part(civil.minute())?,
            part(civil.second())?,
            0,
        )
        .map_err(|_| CronError::InvalidDate)?;
        let found = self.0.time_zone().to_ambiguous_zoned_datetime(datetime);
        let invalid = |_| CronError::InvalidTime;
        Ok(match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                Resolution::Single(Self(found.unambiguous().map_err(invalid)?))
            }
            AmbiguousOffset::Fold { .. } => Resolution::Ambiguous(
                Self(found.clone().earlier().map_err(invalid)?),
                Self(found.later().map_err(invalid)?),
            ),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let moved = self.0.checked_add(SignedDuration::from_secs(seconds));
        moved.ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn times(cron: (&str, &str), from: &str, count: usize) -> Vec<String> {
        let cron = CronExpression::new(cron.0, cron.1).unwrap();
        let mut times = Vec::new();
        let mut moment = at(from);
        for _ in 0..count {
            moment = cron.after(moment).unwrap();
            times.push(moment.to_string().replace(":00.000Z", "Z"));
        }
        times
    }

    #[test]
    fn a_fixed_time_in_the_gap_of_spring_fires_when_the_gap_ends_and_then_as_usual() {
        // Berlin skips from 02:00 to 03:00 on 29 March 2026.
        let daily = ("30 2 * * *", "Europe/Berlin");
        assert_eq!(
            times(daily, "2026-03-28T00:00:00Z", 3),
            [
                "2026-03-28T01:30Z",
                "2026-03-29T01:00Z",
                "2026-03-30T00:30Z"
            ]
        );
        // New York skips from 02:00 to 03:00 on 8 March 2026.
        let daily = ("30 2 * * *", "America/New_York");
        assert_eq!(
            times(daily, "2026-03-07T00:00:00Z", 3),
            [
                "2026-03-07T07:30Z",
                "2026-03-08T07:00Z",
                "2026-03-09T06:30Z"
            ]
        );
    }

    #[test]
    fn repeated_times_go_on_over_the_gap_of_spring_without_a_double() {
        let often = ("*/30 * * * *", "Europe/Berlin");
        assert_eq!(
            times(often, "2026-03-29T00:15:00Z", 4),
            [
                "2026-03-29T00:30Z",
                "2026-03-29T01:00Z",
                "2026-03-29T01:30Z",
                "2026-03-29T02:00Z"
            ]
        );
    }

    #[test]
    fn a_fixed_time_in_the_hour_that_autumn_repeats_fires_once() {
        // Berlin has 02:00 to 03:00 twice on 25 October 2026.
        let daily = ("30 2 * * *", "Europe/Berlin");
        assert_eq!(
            times(daily, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
        // New York has 01:00 to 02:00 twice on 1 November 2026.
        let daily = ("30 1 * * *", "America/New_York");
        assert_eq!(
            times(daily, "2026-10-31T12:00:00Z", 2),
            ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]
        );
    }

    #[test]
    fn repeated_times_fire_in_both_passes_of_the_hour_that_autumn_repeats() {
        let often = ("*/30 * * * *", "America/New_York");
        assert_eq!(
            times(often, "2026-11-01T04:45:00Z", 5),
            [
                "2026-11-01T05:00Z",
                "2026-11-01T05:30Z",
                "2026-11-01T06:00Z",
                "2026-11-01T06:30Z",
                "2026-11-01T07:00Z"
            ]
        );
    }

    #[test]
    fn six_fields_have_seconds_and_days_of_months_and_weeks_count_as_in_cron() {
        let seconds = ("*/20 * * * * *", "UTC");
        assert_eq!(
            times(seconds, "2026-01-01T00:00:00.5Z", 2),
            ["2026-01-01T00:00:20.000Z", "2026-01-01T00:00:40.000Z"]
        );
        // Either of the two days.
        let days = ("0 0 1 * MON", "UTC");
        assert_eq!(
            times(days, "2026-01-28T00:00:00Z", 3),
            [
                "2026-02-01T00:00Z",
                "2026-02-02T00:00Z",
                "2026-02-09T00:00Z"
            ]
        );
        let last = ("0 12 L * *", "UTC");
        assert_eq!(
            times(last, "2028-02-10T00:00:00Z", 1),
            ["2028-02-29T12:00Z"]
        );
        assert_eq!(
            times(("@daily", "UTC"), "2026-01-01T12:00:00Z", 1),
            ["2026-01-02T00:00Z"]
        );
    }

    #[test]
    fn an_expression_that_is_wrong_or_never_matches_is_refused_with_a_reason() {
        let long = "*/2,".repeat(64);
        for (expression, zone, reason) in [
            ("* * *", "UTC", "invalid cron expression"),
            ("60 * * * *", "UTC", "invalid cron expression"),
            ("0 0 1 1 * * 2030", "UTC", "invalid cron expression"),
            (long.as_str(), "UTC", "at most 128"),
            ("0 0 30 2 *", "UTC", "never matches"),
            ("0 0 * * *", "Europe/Belrin", "unknown time zone"),
            ("0 0 * * *", "", "unknown time zone"),
        ] {
            let error = CronExpression::new(expression, zone).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        let lower = CronExpression::new(" 0  9 * * mon ", "europe/berlin").unwrap();
        let read = (lower.expression(), lower.time_zone());
        assert_eq!(read, ("0 9 * * mon", "Europe/Berlin"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn searching_backward_finds_what_searching_forward_has_found(
            second in 1_700_000_000_i64..1_900_000_000,
            expression in prop::sample::select(vec![
                "*/30 * * * *", "30 2 * * *", "0 1,2,3 * * *", "15 */2 * * *", "*/7 2 * * SUN",
            ]),
            zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "UTC"]),
        ) {
            let cron = CronExpression::new(expression, zone).unwrap();
            let start = Timestamp::from_millis(second * 1_000);
            let first = cron.after(start).unwrap();
            prop_assert!(first > start);
            prop_assert_eq!(cron.at_or_before(first), Some(first));
            let before_next = cron.after(first).unwrap() - Duration::from_secs(1);
            prop_assert_eq!(cron.at_or_before(before_next), Some(first));
        }
    }
}
