//! The configuration of a platform.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Platform;
use crate::bindings::{Binding, Bindings};
use crate::clock::{Clock, SystemClock};
use crate::cost::PriceBook;
use crate::egress::Network;
use crate::engine::{Engine, NamedRuntime, Parts, Runtimes};
use crate::error::Error;
use crate::options::PlatformOptions;
use crate::runtime::{ModuleSource, ModulesError, PresetModule, Runtime};
use crate::scaling::{QueueDriven, ScalingPolicy};
use crate::secrets::{SecretKey, SecretKeys};
use crate::store::Store;
use crate::store::memory::MemoryStore;

/// The name of the runtime that a host adds without a name.
const DEFAULT_RUNTIME: &str = "default";

/// Builds a [`Platform`].
///
/// ```
/// use std::time::Duration;
/// use faas_core::cost::PriceBook;
/// use faas_core::model::NanoDollars;
/// use faas_core::store::MemoryStore;
/// use faas_core::Platform;
///
/// # async fn build() -> Result<(), faas_core::Error> {
/// let mut prices = PriceBook::default();
/// prices.cold_start = NanoDollars::ZERO;
/// let platform = Platform::builder()
///     .store(MemoryStore::new())
///     .price_book(prices)
///     .options(|options| {
///         options.max_instances = 20;
///         options.shutdown_grace = Duration::from_secs(30);
///     })
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct PlatformBuilder {
    pub(super) options: PlatformOptions,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) runtimes: Vec<NamedRuntime>,
    pub(super) policy: Option<Box<dyn ScalingPolicy>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) price_book: Option<PriceBook>,
    pub(super) secret_keys: SecretKeys,
    pub(super) bindings: Vec<Binding>,
    pub(super) network: Option<Arc<dyn Network>>,
    pub(super) modules: Vec<PresetModule>,
}

impl PlatformBuilder {
    /// The store. Default: in memory.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// A store that was chosen at run time, or that you use elsewhere as well.
    #[must_use]
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// The runtime, with the name `default`. Default: QuickJS in threads.
    #[must_use]
    pub fn runtime(mut self, runtime: impl Runtime) -> Self {
        self.runtimes
            .retain(|named| &*named.name != DEFAULT_RUNTIME);
        self.named_runtime(DEFAULT_RUNTIME, runtime)
    }

    /// Adds a runtime for the functions that name it in
    /// [`config.runtime`](crate::model::FunctionConfig::runtime). Functions that name none use the
    /// runtime that was added first. A name has up to 64 ASCII letters, digits, `-` and `_`. Each
    /// runtime keeps isolates of its own, within its own bounds; all share the platform's instances.
    /// The smallest known capacity of a runtime bounds the executions of all.
    ///
    /// ```
    /// use faas_core::Platform;
    /// use faas_core::platform::NewFunction;
    /// # #[cfg(feature = "quickjs")]
    /// use faas_core::runtime::{QuickJs, QuickJsOptions};
    ///
    /// # #[cfg(feature = "quickjs")]
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut small = QuickJsOptions::default();
    /// small.threads = 4;
    /// let platform = Platform::builder()
    ///     .named_runtime("usual", QuickJs::new(QuickJsOptions::default())?)
    ///     .named_runtime("small", QuickJs::new(small)?)
    ///     .build()
    ///     .await?;
    /// let new = NewFunction::new("batch", "runs at night", "return input").runtime("small");
    /// platform.functions().upsert(new).await?;
    /// # platform.shutdown().await;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "quickjs"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn named_runtime(mut self, name: &str, runtime: impl Runtime) -> Self {
        self.runtimes.push(NamedRuntime {
            name: name.into(),
            runtime: Arc::new(runtime),
        });
        self
    }

    /// The policy that decides the number of instances. Default: [`crate::scaling::QueueDriven`].
    #[must_use]
    pub fn scaling_policy(mut self, policy: impl ScalingPolicy) -> Self {
        self.policy = Some(Box::new(policy));
        self
    }

    /// The clock. Default: the system's.
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

    /// A key for the secrets of functions. If there are several, the first one seals and all of them
    /// open. Default: no key, and no function can have secrets.
    #[must_use]
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.secret_keys.push(key);
        self
    }

    /// Adds functions of the host that user code can call, as `context.NAME`.
    #[must_use]
    pub fn bind(mut self, binding: Binding) -> Self {
        self.bindings.push(binding);
        self
    }

    /// Lets the code of functions make requests with `fetch`. Default: no network.
    #[must_use]
    pub fn network(mut self, network: impl Network + 'static) -> Self {
        self.network = Some(Arc::new(network));
        self
    }

    /// Adds a module that all functions can import, JavaScript or TypeScript. It is compiled once,
    /// when the platform is built. An isolate evaluates it when code imports it, so that functions
    /// share its code and none of its state. It can import other modules of the host and those of
    /// Node.js. `require` finds it if it is a CommonJS module.
    ///
    /// The name needs a scheme of your own, such as `acme:`. There can be 256 modules, with 4 MiB
    /// of text together.
    ///
    /// ```
    /// use faas_core::{Platform, platform::NewFunction};
    ///
    /// # #[cfg(feature = "quickjs")]
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), faas_core::Error> {
    /// let tools = "export const gross = (net) => Math.round(net * 1.19)";
    /// let platform = Platform::builder().module("acme:tools", tools).build().await?;
    ///
    /// let code = "import { gross } from 'acme:tools'; export default (net) => gross(net)";
    /// let price = platform.functions().upsert(NewFunction::new("price", "a price", code)).await?;
    /// let done = platform.invoke(price.id, serde_json::json!(100)).await?;
    /// assert_eq!(done.output.as_ref().map(|output| output.as_str()), Some("119"));
    /// # platform.shutdown().await;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "quickjs"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn module(mut self, name: &str, source: impl Into<ModuleSource>) -> Self {
        self.modules.push(PresetModule::new(name, source.into()));
        self
    }

    /// Changes options.
    #[must_use]
    pub fn options(mut self, change: impl FnOnce(&mut PlatformOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Starts the platform: it takes up unfinished executions and begins to run. Call it within a tokio
    /// runtime with timers; the platform uses the runtime and does not own it.
    ///
    /// # Errors
    /// When the options contradict each other, there is no such runtime, a module of the host cannot
    /// be compiled, or the store cannot be used.
    pub async fn build(self) -> Result<Platform, Error> {
        let Self {
            options,
            store,
            runtimes,
            policy,
            clock,
            price_book,
            secret_keys,
            bindings,
            network,
            modules,
        } = self;
        options.check()?;
        let price_book = price_book.unwrap_or_default();
        price_book.validate().map_err(Error::Invalid)?;
        PresetModule::check_all(&modules).map_err(Error::Invalid)?;
        let bindings = Bindings::new(bindings, &modules)?;
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        check_tokio(&*clock)?;
        let mut added = Vec::new();
        for NamedRuntime { name, runtime } in runtimes {
            let runtime = with_modules(runtime, &modules).await?;
            added.push(NamedRuntime { name, runtime });
        }
        if added.is_empty() {
            added.push(NamedRuntime {
                name: DEFAULT_RUNTIME.into(),
                runtime: with_modules(default_runtime()?, &modules).await?,
            });
        }
        let first = added.remove(0);
        let runtimes = Runtimes::new(first, added)?;
        let engine = Engine::start(Parts {
            options: Arc::new(options),
            clock,
            store: store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            runtimes: Arc::new(runtimes),
            policy: policy.unwrap_or_else(|| Box::new(QueueDriven::default())),
            price_book: Arc::new(price_book),
            secret_keys: Arc::new(secret_keys),
            bindings: Arc::new(bindings),
            network,
        })
        .await?;
        Ok(Platform::new(engine))
    }
}

/// Adds the modules of the host to the runtime.
async fn with_modules(
    runtime: Arc<dyn Runtime>,
    modules: &[PresetModule],
) -> Result<Arc<dyn Runtime>, Error> {
    if modules.is_empty() {
        return Ok(runtime);
    }
    let modules = modules.to_vec();
    let added = tokio::task::spawn_blocking(move || runtime.with_modules(&modules)).await;
    match added {
        Ok(Ok(runtime)) => Ok(runtime),
        Ok(Err(ModulesError::Runtime(error))) => Err(Error::Internal(error.to_string().into())),
        Ok(Err(error)) => Err(Error::Invalid(error.to_string())),
        Err(error) => Err(Error::Internal(error.to_string().into())),
    }
}

/// Checks that tasks can be spawned here, and that the clock's timers work here.
fn check_tokio(clock: &dyn Clock) -> Result<(), Error> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(Error::Invalid(
            "no tokio runtime: build the platform within one".to_owned(),
        ));
    }
    // Tokio offers no other way to ask: a timer panics when it is made.
    let timer = catch_unwind(AssertUnwindSafe(|| {
        drop(clock.sleep(Duration::from_secs(1)))
    }));
    timer.map_err(|_| {
        Error::Invalid(
            "the tokio runtime has no timers: build it with enable_time() or enable_all()"
                .to_owned(),
        )
    })
}

#[cfg(feature = "quickjs")]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    use crate::runtime::{QuickJs, QuickJsOptions};
    match QuickJs::new(QuickJsOptions::default()) {
        Ok(runtime) => Ok(Arc::new(runtime)),
        Err(error) => Err(Error::Internal(error.to_string().into())),
    }
}

#[cfg(not(feature = "quickjs"))]
fn default_runtime() -> Result<Arc<dyn Runtime>, Error> {
    Err(Error::Invalid(
        "a runtime is needed: the feature \"quickjs\" is off".to_owned(),
    ))
}
