//! The settings of a platform: limits, scaling bounds, retries and shutdown.

use std::time::Duration;

use crate::error::Error;
use crate::model::KvLimits;
use crate::model::egress::EgressLimits;

/// The largest input or output that can be configured, so that a record fits a MongoDB document.
const LARGEST_JSON: usize = 6 << 20;

/// The largest argument of a host call that can be configured: it is sent in one frame.
const LARGEST_HOST_ARGUMENT: usize = 32 << 20;

/// The most that [`PlatformOptions::max_instances`] can be: in thread isolation each needs a thread.
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
    /// The most instances that one function may hold. `None`: all but one of `max_instances`, so
    /// that one is left for the others. With `max_instances` or more, one function may hold all.
    pub max_instances_per_function: Option<usize>,
    /// The most executions that may wait, for a timer or for a host call, while they hold no instance.
    /// Past that, executions that wait keep their instances. A runtime in processes lowers it to what
    /// the limit of open files allows.
    pub max_waiting: usize,
    /// The most of these of one function. `None`: all of `max_waiting`.
    pub max_waiting_per_function: Option<usize>,
    /// The most delayed executions and retries that wait on this platform until they are due. Past it,
    /// an execution with a delay is refused; retries are not. Those that are accepted at the same time
    /// may exceed it a little.
    pub max_delayed: usize,
    /// The most schedules of one function.
    pub max_schedules_per_function: usize,
    /// The most schedules of all functions.
    pub max_schedules: usize,
    /// How many executions may wait for an instance; one more is refused as overloaded.
    pub queue_capacity: usize,
    /// How many bytes the inputs of executions that have not ended may take up, together with
    /// outputs that are not stored yet. Past that, new executions are refused as overloaded.
    pub queue_bytes: usize,
    /// The part of `queue_capacity` and of `queue_bytes` that one function may take up, above 0 and
    /// up to 1.
    pub queue_share: f64,
    /// The largest input, in bytes.
    pub max_input: usize,
    /// The largest output, in bytes.
    pub max_output: usize,
    /// The largest code, in bytes: of several files all together.
    pub max_code: usize,
    /// How many console lines an execution keeps.
    pub max_log_lines: usize,
    /// How many console bytes an execution keeps. Of a call whose process was killed, at most the
    /// first 90 KiB or so are kept, whatever this says.
    pub max_log_bytes: usize,
    /// How many host calls one attempt may make.
    pub max_host_calls: usize,
    /// How many of them may be under way at a time; further ones wait.
    pub max_concurrent_host_calls: usize,
    /// The largest argument of a host call, in bytes.
    pub max_host_argument: usize,
    /// How many bytes the arguments and results of all host calls of one attempt may have together.
    /// The bodies of the HTTP request that it answers, and of its response, do not count.
    pub max_host_bytes: usize,
    /// How many bytes the body of a response in pieces to an HTTP request may have. A response that
    /// is not in pieces is limited by `max_output`.
    pub max_response: u64,
    /// How many requests `fetch` may make in one attempt, and how many bytes it may move.
    pub egress_limits: EgressLimits,
    /// How many keys, and how large ones, a namespace takes.
    pub kv_limits: KvLimits,
    /// The longest timeout that a function may ask for.
    pub max_timeout: Duration,
    /// How long ended executions are kept; `None`: for ever. Their sums are always kept.
    pub retention: Option<Duration>,
    /// How often the scaling policy is asked.
    pub scaling_tick: Duration,
    /// How often it is asked while executions wait and there are fewer than `max_instances`, if
    /// that is more often.
    pub scaling_busy_tick: Duration,
    /// The wait before the first retry; each further one is `retry_factor` times as long.
    pub retry_base: Duration,
    /// By how much each wait grows.
    pub retry_factor: f64,
    /// The longest wait before a retry.
    pub retry_cap: Duration,
    /// How much of a wait is random, from 0 (none) to 1 (all of it).
    pub retry_jitter: f64,
    /// How many [sessions](crate::Platform::sessions) may exist at a time. Each keeps its isolate.
    pub max_sessions: usize,
    /// How many of them one caller may have, such as one API key.
    pub max_sessions_per_caller: usize,
    /// How long running executions may go on at shutdown.
    pub shutdown_grace: Duration,
    /// How long a stopped call may take to come back before it is abandoned.
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
            max_instances_per_function: None,
            max_waiting: 1_000,
            max_waiting_per_function: None,
            max_delayed: 100_000,
            max_schedules_per_function: 100,
            max_schedules: 100_000,
            queue_capacity: 10_000,
            queue_bytes: 256 << 20,
            queue_share: 0.5,
            max_input: 1 << 20,
            max_output: 1 << 20,
            max_code: 10 << 20,
            max_log_lines: 1_000,
            max_log_bytes: 64 << 10,
            max_host_calls: 1_000,
            max_concurrent_host_calls: 32,
            max_host_argument: 1 << 20,
            max_host_bytes: 64 << 20,
            max_response: 1 << 30,
            egress_limits: EgressLimits::default(),
            kv_limits: KvLimits::default(),
            max_timeout: Duration::from_secs(900),
            retention: None,
            scaling_tick: Duration::from_millis(200),
            scaling_busy_tick: Duration::from_millis(20),
            retry_base: Duration::from_secs(2),
            retry_factor: 2.0,
            retry_cap: Duration::from_secs(60),
            retry_jitter: 0.0,
            max_sessions: 100,
            max_sessions_per_caller: 10,
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
                "max_instances is {max}: at most {MOST_INSTANCES} are possible"
            ));
        }
        if self.queue_capacity == 0 {
            return wrong("queue_capacity is 0: then nothing could be accepted".to_owned());
        }
        if self.max_instances_per_function == Some(0) {
            return wrong("max_instances_per_function is 0: no function could run".to_owned());
        }
        if self.queue_bytes < self.max_input {
            let (bytes, largest) = (self.queue_bytes, self.max_input);
            return wrong(format!(
                "queue_bytes is {bytes}: it must be at least max_input, {largest}"
            ));
        }
        if !(self.queue_share > 0.0 && self.queue_share <= 1.0) {
            return wrong(format!(
                "queue_share is {}: expected a number above 0 and up to 1",
                self.queue_share
            ));
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
        if self.max_host_argument > LARGEST_HOST_ARGUMENT {
            let bytes = self.max_host_argument;
            return wrong(format!(
                "max_host_argument is {bytes} bytes: at most {LARGEST_HOST_ARGUMENT} are possible"
            ));
        }
        if self.kv_limits.max_value > KvLimits::LARGEST_VALUE {
            let (bytes, most) = (self.kv_limits.max_value, KvLimits::LARGEST_VALUE);
            return wrong(format!(
                "kv_limits.max_value is {bytes} bytes: at most {most} are possible"
            ));
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
        for (name, tick) in [
            ("scaling_tick", self.scaling_tick),
            ("scaling_busy_tick", self.scaling_busy_tick),
        ] {
            if tick.is_zero() {
                return wrong(format!("{name} is 0: expected a positive time"));
            }
        }
        Ok(())
    }

    /// How many instances one function may hold.
    pub fn instances_per_function(&self) -> usize {
        self.max_instances_per_function
            .unwrap_or_else(|| self.max_instances.saturating_sub(1))
            .min(self.max_instances)
            .max(1)
    }

    /// How many executions of one function may wait without an instance.
    pub fn waiting_per_function(&self) -> usize {
        self.max_waiting_per_function.unwrap_or(self.max_waiting)
    }
}
