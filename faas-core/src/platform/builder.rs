//! What a host configures.

use std::sync::Arc;
use std::time::Duration;

use super::{Error, Platform};
use crate::clock::Clock;
use crate::cost::PriceBook;
use crate::runtime::Runtime;
use crate::scaling::ScalingPolicy;
use crate::store::Store;

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
    /// How many console bytes an execution keeps.
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
        }
    }
}

/// Builds a [`Platform`].
#[derive(Default)]
pub struct PlatformBuilder {
    pub(super) options: PlatformOptions,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) runtime: Option<Arc<dyn Runtime>>,
    pub(super) policy: Option<Box<dyn ScalingPolicy>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) price_book: Option<PriceBook>,
}

impl PlatformBuilder {
    /// Where everything is kept. Default: in memory.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// What runs the code. Default: QuickJS, in threads.
    #[must_use]
    pub fn runtime(mut self, runtime: impl Runtime) -> Self {
        self.runtime = Some(Arc::new(runtime));
        self
    }

    /// Who decides the number of instances. Default: [`crate::scaling::QueueDriven`].
    #[must_use]
    pub fn scaling_policy(mut self, policy: impl ScalingPolicy) -> Self {
        self.policy = Some(Box::new(policy));
        self
    }

    /// Where the time comes from. Default: the system.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The prices. Default: [`PriceBook::default`].
    #[must_use]
    pub fn price_book(mut self, book: PriceBook) -> Self {
        self.price_book = Some(book);
        self
    }

    /// Changes the numbers.
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut PlatformOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Starts the platform: takes up what an earlier one left unfinished and begins to run. Must
    /// be called within a tokio runtime, which it uses and does not own.
    ///
    /// # Errors
    /// When the options contradict each other, or the store cannot be used.
    pub async fn build(self) -> Result<Platform, Error> {
        todo!()
    }
}
