//! Timestamps in UTC.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

impl Timestamp {
    /// The earliest timestamp.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest timestamp.
    pub const MAX: Self = Self(i64::MAX);

    /// Creates a timestamp `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Creates a timestamp `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Returns the microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the start of the timestamp's UTC minute.
    pub const fn minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(MINUTE))
    }

    /// Returns the start of the timestamp's UTC hour.
    pub const fn hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60 * MINUTE))
    }

    /// Returns the start of the timestamp's UTC day.
    pub const fn day(self) -> Self {
        Self(self.0 - self.0.rem_euclid(24 * 60 * MINUTE))
    }

    /// Returns the start of the timestamp's UTC month.
    pub fn month(self) -> Self {
        let day = self.to_datetime();
        let first = day.replace_day(1).unwrap_or(day);
        Self::from_datetime(first).day()
    }

    /// Returns the time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Parses an RFC 3339 timestamp with any offset.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .map(Self::from_datetime)
    }

    /// Returns year, month (1 to 12), day of the month and hour, in UTC.
    pub fn civil(self) -> (i32, u8, u8, u8) {
        let moment = self.to_datetime();
        (
            moment.year(),
            moment.month().into(),
            moment.day(),
            moment.hour(),
        )
    }

    /// Converts to the `time` crate's type; a timestamp outside its range becomes 1970.
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Converts from the `time` crate's type, rounded down to the microsecond.
    pub fn from_datetime(moment: OffsetDateTime) -> Self {
        let micros = moment.unix_timestamp_nanos().div_euclid(1000);
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// Formats as RFC 3339 in UTC with milliseconds: `2026-01-31T14:05:09.123Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        );
        let text = self.to_datetime().format(format).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, step: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(step.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, step: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(step.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_formatted_in_utc_with_milliseconds_and_parses_back() {
        let moment = Timestamp::from_millis(1_769_868_309_123);
        assert_eq!(moment.to_string(), "2026-01-31T14:05:09.123Z");
        assert_eq!(
            Timestamp::parse_rfc3339("2026-01-31T16:05:09.123+02:00"),
            Some(moment)
        );
        // With a negative offset, the last local year ends in the next UTC year.
        assert!(Timestamp::parse_rfc3339("9999-12-31T23:59:59-14:00").is_some());
        assert_eq!(moment.minute().to_string(), "2026-01-31T14:05:00.000Z");
        assert_eq!(moment.hour().to_string(), "2026-01-31T14:00:00.000Z");
        assert_eq!(moment.day().to_string(), "2026-01-31T00:00:00.000Z");
        assert_eq!(moment.month().to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(moment.civil(), (2026, 1, 31, 14));
    }
}
