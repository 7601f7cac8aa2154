//! The retry policy: a pure function.

use std::time::Duration;

use crate::model::{Execution, FunctionConfig, LONGEST_DELAY, LONGEST_RETRY_WAIT};
use crate::options::PlatformOptions;

/// Exponential back-off with a cap and optional jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RetryPolicy {
    /// The delay before the first retry.
    pub(super) base: Duration,
    /// The factor between successive delays.
    pub(super) factor: f64,
    /// The longest delay.
    pub(super) cap: Duration,
    /// The random share of a delay, from 0 to 1.
    pub(super) jitter: f64,
}

impl RetryPolicy {
    /// Creates the policy of a function: what it does not set is as `options` say.
    pub(super) fn of_function(options: &PlatformOptions, config: &FunctionConfig) -> Self {
        let policy = Self::of(options);
        let Some(retry) = config.retry.as_deref() else {
            return policy;
        };
        Self {
            base: retry.base().unwrap_or(policy.base),
            factor: retry.factor().unwrap_or(policy.factor),
            cap: retry.cap().unwrap_or(policy.cap),
            jitter: retry.jitter().unwrap_or(policy.jitter),
        }
    }

    /// Creates the policy that `options` specify.
    pub(super) fn of(options: &PlatformOptions) -> Self {
        Self {
            base: options.retry_base,
            factor: options.retry_factor,
            cap: options.retry_cap,
            jitter: options.retry_jitter,
        }
    }

    /// Returns the delay before retry number `retry`, from 1; `None` when `retry` exceeds `max`.
    /// `random` is a number from 0 to 1 for the jitter.
    pub(super) fn next(&self, retry: u32, max: u32, random: f64) -> Option<Duration> {
        if retry > max {
            return None;
        }
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait =
            (self.base.as_secs_f64() * self.factor.powi(exponent)).min(self.cap.as_secs_f64());
        let wait = wait * (1.0 - self.jitter.clamp(0.0, 1.0) * random.clamp(0.0, 1.0));
        Some(Duration::try_from_secs_f64(wait).unwrap_or(self.cap))
    }
}

/// Returns how long `execution` was made to wait after its last attempt, or after its acceptance. The
/// times are of one clock, so this holds even if the clock was wrong then.
pub(super) fn intended_wait(execution: &Execution) -> Duration {
    let Some(due) = execution.due_at else {
        return Duration::ZERO;
    };
    match execution.attempts.last() {
        None => due.since(execution.created_at).min(LONGEST_DELAY),
        Some(last) => {
            let ended = last.start_time + last.duration;
            due.since(ended).min(LONGEST_RETRY_WAIT)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::of(&PlatformOptions::default())
    }

    #[test]
    fn delays_double_with_each_retry_up_to_the_configured_number_of_retries() {
        let waits: Vec<_> = (1..=4)
            .map(|retry| policy().next(retry, 3, 0.5).map(|w| w.as_secs()))
            .collect();
        assert_eq!(waits, [Some(2), Some(4), Some(8), None]);
    }

    proptest! {
        #[test]
        fn a_delay_is_within_the_cap_and_the_jitter(
            retry in 1_u32..=1000, jitter in 0.0..=1.0_f64, random in 0.0..=1.0_f64,
        ) {
            let exact = policy().next(retry, u32::MAX, 0.0).unwrap();
            let jittered = RetryPolicy { jitter, ..policy() }.next(retry, u32::MAX, random).unwrap();
            prop_assert!(exact <= policy().cap);
            prop_assert!(jittered <= exact);
            prop_assert!(jittered.as_secs_f64() >= exact.as_secs_f64() * (1.0 - jitter) - 1e-6);
        }
    }
}
