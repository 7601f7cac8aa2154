//! The settings of a platform: limits, scaling bounds, retries and shutdown.

use std::time::Duration;

use crate::error::Error;

/// The largest input or output that can be configured, so that a record fits a MongoDB document.
const LARGEST_JSON: usize = 6 << 20;

/// The most that [`PlatformOptions::max_instances`] can be: each is a thread.
pub const MOST_INSTANCES: usize = 4_096;

/// The least that [`PlatformOptions::lease_margin`] can be: leases are renewed each second.
pub const SHORTEST_LEASE_MARGIN: Duration = Duration::from_secs(3);

/// The numbers of a platform. All have sensible defaults.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PlatformOptions {
    /// The fewest instances.
    pub min_instances: usize,
    /// The most instances.
    pub max_instances: usize,
    /// How many executions may wait for an instance; one more is refused as overloaded.
    pub queue_capacity: usize,
    /// The largest input, in bytes.
    pub max_input: usize,
    /// The largest output, in bytes.
    pub max_output: usize,
    /// The largest code, in bytes.
    pub max_code: usize,
    /// How many console lines an execution keeps.
    pub max_log_lines: usize,
    /// How many console bytes an execution keeps. Of a call whose process was killed, at most the
    /// first 90 KiB or so are kept, whatever this says.
    pub max_log_bytes: usize,
    /// The longest timeout that a function may ask for.
    pub max_timeout: Duration,
    /// How long ended executions are kept; `None`: for ever. Their sums are always kept.
    pub retention: Option<Duration>,
    /// How often the scaling policy is asked.
    pub scaling_tick: Duration,
    /// The wait before the first retry; each further one is `retry_factor` times as long.
    pub retry_base: Duration,
    /// By how much each wait grows.
    pub retry_factor: f64,
    /// The longest wait before a retry.
    pub retry_cap: Duration,
    /// How much of a wait is random, from 0 (none) to 1 (all of it).
    pub retry_jitter: f64,
    /// How long running executions may go on at shutdown.
    pub shutdown_grace: Duration,
    /// How long a stopped call may take to come back before its thread is given up.
    pub abandon_grace: Duration,
    /// Where several platforms use one store: how much longer than a function's timeout a claim is
    /// held before another platform may take the execution over. Their clocks must agree to half of
    /// it.
    pub lease_margin: Duration,
}

impl Default for PlatformOptions {
    fn default() -> Self {
        Self {
            min_instances: 1,
            max_instances: 10,
            queue_capacity: 10_000,
            max_input: 1 << 20,
            max_output: 1 << 20,
            max_code: 1 << 20,
            max_log_lines: 1_000,
            max_log_bytes: 64 << 10,
            max_timeout: Duration::from_secs(900),
            retention: None,
            scaling_tick: Duration::from_millis(200),
            retry_base: Duration::from_secs(2),
            retry_factor: 2.0,
            retry_cap: Duration::from_secs(60),
            retry_jitter: 0.0,
            shutdown_grace: Duration::from_secs(10),
            abandon_grace: Duration::from_millis(250),
            lease_margin: Duration::from_secs(10),
        }
    }
}

impl PlatformOptions {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::Invalid(text));
        if self.min_instances == 0 {
            return wrong("min_instances is 0: at least one instance is needed".to_owned());
        }
        if self.max_instances < self.min_instances {
            let (max, min) = (self.max_instances, self.min_instances);
            return wrong(format!(
                "max_instances is {max}: it must be at least min_instances, {min}"
            ));
        }
        if self.max_instances > MOST_INSTANCES {
            let max = self.max_instances;
            return wrong(format!(
                "max_instances is {max}: each is a thread, and at most {MOST_INSTANCES} are possible"
            ));
        }
        if self.queue_capacity == 0 {
            return wrong("queue_capacity is 0: then nothing could be accepted".to_owned());
        }
        for (name, bytes) in [
            ("max_input", self.max_input),
            ("max_output", self.max_output),
        ] {
            if bytes > LARGEST_JSON {
                return wrong(format!(
                    "{name} is {bytes} bytes: at most {LARGEST_JSON} are possible"
                ));
            }
        }
        if !(self.retry_factor.is_finite() && self.retry_factor >= 1.0) {
            return wrong(format!(
                "retry_factor is {}: expected a number from 1 up",
                self.retry_factor
            ));
        }
        if !(0.0..=1.0).contains(&self.retry_jitter) {
            return wrong(format!(
                "retry_jitter is {}: expected a number from 0 to 1",
                self.retry_jitter
            ));
        }
        if self.lease_margin < SHORTEST_LEASE_MARGIN {
            let (margin, least) = (self.lease_margin, SHORTEST_LEASE_MARGIN);
            return wrong(format!(
                "lease_margin is {margin:?}: it must be at least {least:?}"
            ));
        }
        if self.scaling_tick.is_zero() {
            return wrong("scaling_tick is 0: expected a positive time".to_owned());
        }
        Ok(())
    }
}
