//! When a schedule fires.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::CronExpression;
use crate::model::Timestamp;

/// When a schedule fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// When a cron expression matches.
    Cron(CronExpression),
    /// After each period of this length.
    Every(Every),
    /// Once.
    At(Timestamp),
}

/// A period, counted from a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Every {
    /// In microseconds, at least a second.
    period: i64,
    from: Timestamp,
}

impl Every {
    /// The shortest and the longest period.
    pub const BOUNDS: (Duration, Duration) =
        (Duration::from_secs(1), Duration::from_secs(366 * 24 * 3600));

    /// A period that is counted from `from`: the first firing is one period later.
    ///
    /// # Errors
    /// When the period is too short or too long.
    pub fn new(period: Duration, from: Timestamp) -> Result<Self, String> {
        let (shortest, longest) = Self::BOUNDS;
        if period < shortest || period > longest {
            return Err("`every` must be from 1 second to 366 days".to_owned());
        }
        let period = i64::try_from(period.as_micros()).unwrap_or(i64::MAX);
        Ok(Self { period, from })
    }

    /// Returns the period.
    pub const fn period(&self) -> Duration {
        Duration::from_micros(self.period.unsigned_abs())
    }

    /// The last time at or before `moment`; before the first one, a time that is no firing.
    fn at_or_before(&self, moment: Timestamp) -> Timestamp {
        let period = self.period.max(1);
        let from = self.from.as_micros();
        let count = moment.as_micros().saturating_sub(from).div_euclid(period);
        Timestamp::from_micros(from.saturating_add(count.saturating_mul(period)))
    }
}

impl When {
    /// Returns the first firing after `moment`; `None` if there is none.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.after(moment),
            Self::Every(every) => {
                let last = every.at_or_before(moment.max(every.from));
                Some(last + every.period())
            }
            Self::At(at) => Some(*at).filter(|at| *at > moment),
        }
    }

    /// Returns the last firing at or before `moment`; `None` if there is none.
    pub(super) fn at_or_before(&self, moment: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.at_or_before(moment),
            Self::Every(every) => {
                Some(every.at_or_before(moment)).filter(|last| *last > every.from)
            }
            Self::At(at) => Some(*at).filter(|at| *at <= moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_counted_from_its_start_whenever_one_asks() {
        let from = Timestamp::from_millis(1_000_250);
        let every = Every::new(Duration::from_secs(2), from).unwrap();
        let when = When::Every(every);
        for (now, next, last) in [
            (0, 1_002_250, None),
            (1_000_250, 1_002_250, None),
            (1_002_249, 1_002_250, None),
            (1_002_250, 1_004_250, Some(1_002_250)),
            (9_999_999, 10_000_250, Some(9_998_250)),
        ] {
            let now = Timestamp::from_millis(now);
            assert_eq!(when.after(now), Some(Timestamp::from_millis(next)));
            assert_eq!(when.at_or_before(now), last.map(Timestamp::from_millis));
        }
        for bad in [Duration::ZERO, Duration::from_millis(999), Duration::MAX] {
            assert!(Every::new(bad, from).is_err());
        }
    }
}
