//! What a host configures.

use std::sync::Arc;
use std::time::Duration;

use super::{Error, Platform};
use crate::clock::{Clock, SystemClock};
use crate::cost::PriceBook;
use crate::engine::{Engine, Parts};
use crate::runtime::Runtime;
use crate::scaling::{QueueDriven, ScalingPolicy};
use crate::secrets::{SecretKey, SecretKeys};
use crate::store::Store;
use crate::store::memory::MemoryStore;

/// The largest input or output that can be configured, so that a record fits a MongoDB document.
const LARGEST_JSON: usize = 6 << 20;

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

/// The most that [`PlatformOptions::max_instances`] can be: each is a thread.
pub const MOST_INSTANCES: usize = 4_096;

/// The least that [`PlatformOptions::lease_margin`] can be: leases are renewed each second.
pub const SHORTEST_LEASE_MARGIN: Duration = Duration::from_secs(3);

/// Builds a [`Platform`].
#[derive(Default)]
pub struct PlatformBuilder {
    pub(super) options: PlatformOptions,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) runtime: Option<Arc<dyn Runtime>>,
    pub(super) policy: Option<Box<dyn ScalingPolicy>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) price_book: Option<PriceBook>,
    pub(super) secret_keys: SecretKeys,
}

impl PlatformBuilder {
    /// Where everything is kept. Default: in memory.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// A store that was picked at run time, or that others hold as well.
    #[must_use]
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
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

    /// A key for the secrets of functions. Of several, the first that is given seals, and all open.
    /// Default: none, and no function can have secrets.
    #[must_use]
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.secret_keys.push(key);
        self
    }

    /// Changes the numbers.
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut PlatformOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Starts the platform: takes up what others left unfinished and begins to run. Must
    /// be called within a tokio runtime, which it uses and does not own.
    ///
    /// # Errors
    /// When the options contradict each other, or the store cannot be used.
    pub async fn build(self) -> Result<Platform, Error> {
        let Self {
            options,
            store,
            runtime,
            policy,
            clock,
            price_book,
            secret_keys,
        } = self;
        options.check()?;
        let price_book = price_book.unwrap_or_default();
        price_book.validate().map_err(Error::Invalid)?;
        let engine = Engine::start(Parts {
            options: Arc::new(options),
            clock: clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            store: store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            runtime: match runtime {
                Some(runtime) => runtime,
                None => default_runtime()?,
            },
            policy: policy.unwrap_or_else(|| Box::new(QueueDriven::default())),
            price_book: Arc::new(price_book),
            secret_keys: Arc::new(secret_keys),
        })
        .await?;
        Ok(Platform::new(engine))
    }
}

#[cfg(feature = "quickjs")]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    use crate::runtime::{QuickJs, QuickJsOptions};
    match QuickJs::new(QuickJsOptions::default()) {
        Ok(runtime) => Ok(Arc::new(runtime)),
        Err(error) => Err(Error::Internal(error.to_string())),
    }
}

#[cfg(not(feature = "quickjs"))]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    Err(Error::Invalid(
        "a runtime is needed: the feature \"quickjs\" is off".to_owned(),
    ))
}

impl PlatformOptions {
    fn check(&self) -> Result<(), Error> {
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
