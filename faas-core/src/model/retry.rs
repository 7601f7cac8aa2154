//! When a failed execution is tried again (`config.retry`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FailureKind;

/// The longest time from the acceptance of an execution until it is due.
pub const LONGEST_DELAY: Duration = Duration::from_secs(366 * 24 * 3600);

/// The longest wait before a retry.
pub const LONGEST_RETRY_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The retry policy of a function. What is not set is as the platform's options say. How often it is
/// tried again is [`retry_count`](super::FunctionConfig::retry_count).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Unchecked")]
pub struct RetryConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jitter: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_on: Option<Vec<FailureKind>>,
}

/// No number is NaN.
impl Eq for RetryConfig {}

/// A policy as it is read, before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    base: Option<u64>,
    factor: Option<f64>,
    cap: Option<u64>,
    jitter: Option<f64>,
    retry_on: Option<Vec<FailureKind>>,
}

impl TryFrom<Unchecked> for RetryConfig {
    type Error = String;

    fn try_from(read: Unchecked) -> Result<Self, String> {
        let most = LONGEST_RETRY_WAIT.as_millis();
        for (name, millis) in [("base", read.base), ("cap", read.cap)] {
            if let Some(millis) = millis.filter(|millis| u128::from(*millis) > most) {
                return Err(format!(
                    "retry.{name} is {millis} ms: expected 0 to {most} ms"
                ));
            }
        }
        for (name, number, range) in [
            ("factor", read.factor, 1.0..=100.0),
            ("jitter", read.jitter, 0.0..=1.0),
        ] {
            if let Some(number) = number.filter(|number| !range.contains(number)) {
                let (least, most) = (range.start(), range.end());
                return Err(format!(
                    "retry.{name} is {number}: expected a number from {least} to {most}"
                ));
            }
        }
        let mut retry_on = read.retry_on;
        if let Some(kinds) = &mut retry_on {
            for kind in kinds.iter() {
                if !Self::KINDS.contains(kind) {
                    let kinds = Self::KINDS.map(FailureKind::as_str).join(", ");
                    return Err(format!(
                        "retry.retryOn has {}: expected some of {kinds}",
                        kind.as_str()
                    ));
                }
            }
            // In one order, each once.
            *kinds = Self::KINDS
                .into_iter()
                .filter(|kind| kinds.contains(kind))
                .collect();
        }
        Ok(Self {
            base: read.base,
            factor: read.factor,
            cap: read.cap,
            jitter: read.jitter,
            retry_on,
        })
    }
}

impl RetryConfig {
    /// The failures that a policy can name. Those of the platform are always tried again, and those
    /// that were cancelled never.
    pub const KINDS: [FailureKind; 4] = [
        FailureKind::UserError,
        FailureKind::Timeout,
        FailureKind::OutOfMemory,
        FailureKind::StackOverflow,
    ];

    /// The wait before the first retry.
    pub fn base(&self) -> Option<Duration> {
        self.base.map(Duration::from_millis)
    }

    /// By how much each further wait grows.
    pub const fn factor(&self) -> Option<f64> {
        self.factor
    }

    /// The longest wait.
    pub fn cap(&self) -> Option<Duration> {
        self.cap.map(Duration::from_millis)
    }

    /// How much of a wait is random, from 0 to 1.
    pub const fn jitter(&self) -> Option<f64> {
        self.jitter
    }

    /// Returns whether an execution that failed so is tried again.
    pub fn retries_on(&self, kind: FailureKind) -> bool {
        self.retry_on
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// What an error that user code throws asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetryAdvice {
    /// Nothing: the function's policy decides.
    #[default]
    Policy,
    /// `NonRetryableError`: no retry.
    Never,
    /// `RetryAfterError`: a retry after this time, if the policy allows one.
    After(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_it_is_written_and_a_wrong_one_is_named() {
        let text = r#"{"base":500,"factor":1.5,"cap":60000,"jitter":0.25,"retryOn":["user_error","timeout"]}"#;
        let policy: RetryConfig = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
        assert_eq!(policy.base(), Some(Duration::from_millis(500)));
        assert!(policy.retries_on(FailureKind::Timeout));
        assert!(!policy.retries_on(FailureKind::OutOfMemory));
        let same: RetryConfig =
            serde_json::from_str(r#"{"retryOn":["timeout","user_error","timeout"]}"#).unwrap();
        assert!(
            serde_json::to_string(&same)
                .unwrap()
                .ends_with(r#"["user_error","timeout"]}"#)
        );
        assert!(RetryConfig::default().retries_on(FailureKind::StackOverflow));
        for (wrong, expected) in [
            (
                r#"{"base":86400001}"#,
                "retry.base is 86400001 ms: expected 0 to 86400000 ms",
            ),
            (
                r#"{"factor":0.5}"#,
                "retry.factor is 0.5: expected a number from 1 to 100",
            ),
            (r#"{"jitter":1.1}"#, "retry.jitter is 1.1"),
            (
                r#"{"retryOn":["platform"]}"#,
                "retry.retryOn has platform: expected some of user_error",
            ),
            (r#"{"attempts":3}"#, "unknown field `attempts`"),
        ] {
            let error = serde_json::from_str::<RetryConfig>(wrong)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{wrong}: {error}");
        }
    }
}
