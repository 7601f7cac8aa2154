//! Times as people write them: `10m`, `2026-01-31`, RFC 3339.

use std::str::FromStr;
use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::model::Timestamp;

/// The start of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Since(Spec);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spec {
    /// This long ago.
    Ago(Duration),
    At(Timestamp),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = Timestamp::parse_rfc3339(text);
        let moment = moment.or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")));
        if let Some(moment) = moment {
            return Ok(Self(Spec::At(moment)));
        }
        let ago = faas_api::parse_duration(text);
        ago.map(|ago| Self(Spec::Ago(ago))).ok_or_else(|| {
            "expected a duration such as 30s, 10m, 2h or 7d, a date such as 2026-01-31, or an \
             RFC 3339 time"
                .to_owned()
        })
    }
}

impl Since {
    /// The moment.
    pub(crate) fn moment(self) -> Timestamp {
        match self.0 {
            Spec::At(moment) => moment,
            Spec::Ago(duration) => {
                let now = SystemClock::new().now().as_millis();
                let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
                Timestamp::from_millis(now.saturating_sub(millis).max(0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_starts_at_a_time_a_date_or_some_time_ago() {
        let read = |text: &str| text.parse::<Since>().map(|since| since.0);
        let ago = |seconds| Ok(Spec::Ago(Duration::from_secs(seconds)));
        assert_eq!(read("90s"), ago(90));
        assert_eq!(read("10m"), ago(600));
        assert_eq!(read("7d"), ago(604_800));
        let day = Ok(Spec::At(Timestamp::from_millis(1_769_817_600_000)));
        assert_eq!(read("2026-01-31"), day);
        assert_eq!(read("2026-01-31T00:00:00Z"), day);
        for bad in ["", "10", "m", "-1m", "1.5h", "yesterday"] {
            assert!(read(bad).unwrap_err().contains("10m"), "{bad}");
        }
    }
}
