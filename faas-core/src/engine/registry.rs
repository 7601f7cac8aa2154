//! The functions that are ready to run: compiled, and kept within a bound of memory.
//!
//! An execution runs the version of its function that it was accepted with. So versions that are no
//! longer current are loaded too, when an execution of them is taken up.
//!
//! Where other platforms use the same store, a function that was changed there is served here in its
//! old version for a second at most.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::job::Loaded;
use super::key_value;
use super::runtimes::{NamedRuntime, Runtimes};
use super::session::SessionIsolate;
use crate::bindings::Bindings;
use crate::clock::Clock;
use crate::cost::PriceBook;
use crate::egress::HostSecrets;
use crate::error::{Error, Resource};
use crate::kv::Kv;
use crate::model::egress::EgressRules;
use crate::model::http::HttpConfig;
use crate::model::{Aliases, CodeHash, Failure, FailureKind, Function, FunctionId, FunctionStatus};
use crate::options::PlatformOptions;
use crate::runtime::{BindingNames, EXCHANGE, Limits, NETWORK, OpenEnvironment, Program};
use crate::secrets::SecretKeys;
use crate::store::Store;

/// Memory for code and bytecode, in bytes. The least recently used versions make room for others, and
/// are loaded and compiled again when they are called.
const CAPACITY: u64 = 256 << 20;

/// The most names that are remembered.
const MAX_NAMES: usize = 10_000;

/// For how long a function that other platforms may change counts as current without a look at the
/// store.
const FRESH: Duration = Duration::from_secs(1);

/// Loads functions from the store, compiles them and keeps them.
pub(crate) struct Registry {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    runtimes: Arc<Runtimes>,
    price_book: Arc<PriceBook>,
    options: Arc<PlatformOptions>,
    secret_keys: Arc<SecretKeys>,
    bindings: Arc<Bindings>,
    has_network: bool,
    ready: Cache<Key, Arc<Ready>, BySize>,
    /// The functions that HTTP requests named lately. A function may have another name meanwhile.
    names: Cache<Box<str>, FunctionId>,
    /// The functions that had canaries when they were loaded.
    canaries: Mutex<BTreeSet<FunctionId>>,
    /// Rises after each change in the store. What was read or written before another change may be
    /// outdated, and is not kept.
    changes: Mutex<u64>,
}

/// A program, and the runtime that has compiled it.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) program: Program,
    pub(crate) runtime: Arc<NamedRuntime>,
}

/// A function in one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Current(FunctionId),
    Version(FunctionId, u32),
}

/// What a search for a version finds.
pub(crate) enum Found {
    Ready(Arc<Loaded>),
    /// The function does not exist, or was deleted.
    NoFunction,
    /// The function exists, but not in this version any more.
    NoVersion,
}

/// A function, and when it was last known to be what the store has.
struct Ready {
    loaded: Arc<Loaded>,
    /// On the monotonic clock, in milliseconds.
    checked: AtomicU64,
}

#[derive(Clone)]
struct BySize;

impl Weighter<Key, Arc<Ready>> for BySize {
    fn weight(&self, _: &Key, ready: &Arc<Ready>) -> u64 {
        let function = &ready.loaded.function;
        // Bytecode is about as long as its source, and the environment is kept sealed and opened. The
        // rest is small.
        2 * (function.code_bytes() + function.environment.bytes()) as u64 + 1024
    }
}

impl Registry {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        store: Arc<dyn Store>,
        runtimes: Arc<Runtimes>,
        price_book: Arc<PriceBook>,
        options: Arc<PlatformOptions>,
        secret_keys: Arc<SecretKeys>,
        (bindings, has_network): (Arc<Bindings>, bool),
    ) -> Self {
        let ready = Cache::with_weighter(10_000, CAPACITY, BySize);
        Self {
            clock,
            store,
            runtimes,
            price_book,
            options,
            secret_keys,
            bindings,
            has_network,
            ready,
            names: Cache::new(MAX_NAMES),
            canaries: Mutex::default(),
            changes: Mutex::new(0),
        }
    }

    /// The function in its current version, ready to run; `None` if it does not exist.
    ///
    /// # Errors
    /// When the store is unavailable, or code that once compiled no longer does.
    pub(crate) async fn load(&self, id: FunctionId) -> Result<Option<Arc<Loaded>>, Error> {
        let to_be_filled = loop {
            // Of the callers that want one that is not here, one loads it and the others wait.
            match self.ready.get_value_or_guard_async(&Key::Current(id)).await {
                Ok(ready) if self.is_current(id, &ready).await? => {
                    return Ok(Some(ready.loaded.clone()));
                }
                Ok(_) => self.forget(id),
                Err(to_be_filled) => break to_be_filled,
            }
        };
        let before = self.changes();
        let Some(function) = self.store.function(id).await? else {
            return Ok(None);
        };
        let compiled = self.compile(&function).await?;
        let loaded = Arc::new(self.loaded(function, compiled));
        let changes = self.changes.lock();
        if *changes == before {
            // No other caller could have filled it.
            let _ = to_be_filled.insert(self.ready(loaded.clone()));
        }
        drop(changes);
        Ok(Some(loaded))
    }

    /// The version that a call runs: of the alias, or else of `live`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the function, the alias or its version; [`Error::Inactive`]; and as for
    /// [`Self::load`].
    pub(crate) async fn called(
        &self,
        id: FunctionId,
        alias: Option<&str>,
    ) -> Result<Arc<Loaded>, Error> {
        let current = match self.load(id).await {
            Ok(current) => current,
            // An alias may stand for a version that still compiles.
            Err(Error::Compile(error)) => {
                let stored = self.store.function(id).await?;
                let stored = stored.ok_or(Error::NotFound(Resource::Function))?;
                return match version_of(&stored, alias)? {
                    Some(version) => self.version_of_alias(id, version).await,
                    None => Err(Error::Compile(error)),
                };
            }
            Err(error) => return Err(error),
        };
        let current = current.ok_or(Error::NotFound(Resource::Function))?;
        match version_of(&current.function, alias)? {
            Some(version) => self.version_of_alias(id, version).await,
            None => Ok(current),
        }
    }

    async fn version_of_alias(&self, id: FunctionId, version: u32) -> Result<Arc<Loaded>, Error> {
        match self.load_version(id, version).await? {
            Found::Ready(loaded) => Ok(loaded),
            Found::NoFunction => Err(Error::NotFound(Resource::Function)),
            Found::NoVersion => Err(Error::NotFound(Resource::Version)),
        }
    }

    /// The function that had this name lately, if it is remembered.
    pub(crate) fn named(&self, name: &str) -> Option<FunctionId> {
        self.names.get(name)
    }

    /// Remembers the name of a function.
    pub(crate) fn remember(&self, name: &str, id: FunctionId) {
        self.names.insert(name.into(), id);
    }

    /// The function in one of its versions, ready to run. Version 0, which executions of older
    /// releases have, stands for the current one.
    ///
    /// # Errors
    /// When the store is unavailable, or code that once compiled no longer does.
    pub(crate) async fn load_version(&self, id: FunctionId, version: u32) -> Result<Found, Error> {
        match self.load(id).await {
            Ok(None) => return Ok(Found::NoFunction),
            Ok(Some(current)) if version == 0 || current.function.version == version => {
                return Ok(Found::Ready(current));
            }
            Err(Error::Compile(error)) if version != 0 && !error.temporary => {}
            Ok(Some(_)) => {}
            Err(error) => return Err(error),
        }
        let key = Key::Version(id, version);
        let to_be_filled = match self.ready.get_value_or_guard_async(&key).await {
            Ok(ready) => return Ok(Found::Ready(ready.loaded.clone())),
            Err(to_be_filled) => to_be_filled,
        };
        let Some(function) = self.store.function_version(id, version).await? else {
            return Ok(Found::NoVersion);
        };
        let compiled = self.compile(&function).await?;
        let loaded = Arc::new(self.loaded(function, compiled));
        // No other caller could have filled it.
        let _ = to_be_filled.insert(self.ready(loaded.clone()));
        Ok(Found::Ready(loaded))
    }

    /// Whether the store still has the function as it is here. One caller at a time asks; the others
    /// use what was known last.
    async fn is_current(&self, id: FunctionId, ready: &Ready) -> Result<bool, Error> {
        let Some(shared) = self.store.as_shared() else {
            return Ok(true);
        };
        let (now, checked) = (self.millis(), ready.checked.load(Ordering::Relaxed));
        let is_fresh = u128::from(now.saturating_sub(checked)) < FRESH.as_millis();
        if is_fresh
            || ready
                .checked
                .compare_exchange(checked, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return Ok(true);
        }
        match shared.function_updated_at(id).await {
            Ok(updated_at) => Ok(updated_at == Some(ready.loaded.function.updated_at)),
            Err(error) => {
                // The next caller asks again.
                ready.checked.store(checked, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }

    fn ready(&self, loaded: Arc<Loaded>) -> Arc<Ready> {
        let checked = AtomicU64::new(self.millis());
        Arc::new(Ready { loaded, checked })
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    /// Compiles a function off the asynchronous threads, with the runtime that it names.
    ///
    /// # Errors
    /// What is wrong with the code, that its runtime does not exist, or that it cannot be compiled
    /// now.
    pub(crate) async fn compile(&self, function: &Function) -> Result<Compiled, Error> {
        let runtime = self.runtimes.compiler(function.config.runtime.as_deref())?;
        let (compiler, source) = (runtime.clone(), function.source());
        match tokio::task::spawn_blocking(move || compiler.runtime.compile(&source)).await {
            Ok(Ok(program)) => Ok(Compiled { program, runtime }),
            Ok(Err(error)) if error.temporary => Err(Error::Unavailable(error.message.into())),
            Ok(Err(error)) => Err(Error::Compile(error)),
            Err(error) => {
                tracing::error!(%error, "the compiler panicked");
                Err(Error::Internal("the compiler failed on this code".into()))
            }
        }
    }

    /// Prepares code that runs once, as a function that is not stored: in the isolate of a session, or in
    /// one of its own. It is neither compiled here nor kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] if its runtime does not exist, or runs functions only.
    pub(crate) fn script(
        &self,
        function: Function,
        session: Option<Arc<SessionIsolate>>,
    ) -> Result<Arc<Loaded>, Error> {
        let runtime = self.runtimes.find(function.config.runtime.as_deref());
        let runtime = runtime.map_err(Error::Invalid)?.clone();
        let program = runtime.runtime.script(&function.source()).ok_or_else(|| {
            let runtime = runtime.runtime.describe();
            Error::Invalid(format!("the runtime ({runtime}) runs functions only"))
        })?;
        let script = Some(CodeHash::of(&function.code));
        let compiled = Compiled { program, runtime };
        let loaded = self.loaded(function, compiled);
        Ok(Arc::new(Loaded {
            script,
            session,
            ..loaded
        }))
    }

    /// How many changes there were. Read it before a change is stored.
    pub(crate) fn changes(&self) -> u64 {
        *self.changes.lock()
    }

    /// Keeps a function that was stored just now. `before` is what [`Self::changes`] was before that.
    pub(crate) fn changed(&self, before: u64, function: Function, compiled: Compiled) {
        let id = function.id;
        let loaded = Arc::new(self.loaded(function, compiled));
        let mut changes = self.changes.lock();
        if *changes == before {
            self.ready.insert(Key::Current(id), self.ready(loaded));
        } else {
            // Only the store knows which change is the latest.
            self.ready.remove(&Key::Current(id));
        }
        *changes += 1;
        drop(changes);
        self.runtimes.forget(id);
    }

    /// Takes over the aliases of a function of which nothing else was changed just now. `before` is what
    /// [`Self::changes`] was before that.
    pub(crate) fn moved(&self, before: u64, function: &Function) {
        self.watch_canaries(function);
        let key = Key::Current(function.id);
        let mut changes = self.changes.lock();
        let cached = self.ready.get(&key).filter(|_| *changes == before);
        match cached.filter(|cached| cached.loaded.function.version == function.version) {
            Some(cached) => {
                let mut loaded = Loaded::clone(&cached.loaded);
                loaded.function.aliases = function.aliases.clone();
                loaded.function.updated_at = function.updated_at;
                self.ready.insert(key, self.ready(Arc::new(loaded)));
            }
            None => {
                self.ready.remove(&key);
            }
        }
        *changes += 1;
    }

    fn watch_canaries(&self, function: &Function) {
        if function.aliases.canaries().next().is_some() {
            self.canaries.lock().insert(function.id);
        }
    }

    /// The functions that have canaries, of those that were loaded here.
    pub(crate) fn with_canaries(&self) -> Vec<FunctionId> {
        self.canaries.lock().iter().copied().collect()
    }

    /// Forgets that a function has canaries. When it is loaded again and has some, it is known again.
    pub(crate) fn has_no_canary(&self, id: FunctionId) {
        self.canaries.lock().remove(&id);
    }

    /// Forgets all versions of a function that was deleted or changed elsewhere just now.
    pub(crate) fn forget(&self, id: FunctionId) {
        let mut changes = self.changes.lock();
        self.ready.retain(|key, _| match key {
            Key::Current(other) | Key::Version(other, _) => *other != id,
        });
        *changes += 1;
        drop(changes);
        self.runtimes.forget(id);
    }

    fn loaded(&self, mut function: Function, compiled: Compiled) -> Loaded {
        let Compiled { program, runtime } = compiled;
        self.watch_canaries(&function);
        // The book may have changed since the function was stored.
        function.tier = self
            .price_book
            .tier_of_source(&function.source(), function.config.timeout);
        let tier_memory = self.price_book.tier(function.tier).memory_mb;
        let memory_mb = (function.config.memory).map_or(tier_memory, |set| set.min(tier_memory));
        let namespaces = self.namespaces(&function);
        let mut limits = Limits {
            timeout: function.config.timeout,
            memory: (memory_mb as usize) << 20,
            output: self.options.max_output,
            log_lines: self.options.max_log_lines,
            log_bytes: self.options.max_log_bytes,
            host_calls: self.options.max_concurrent_host_calls,
            host_bytes: self.options.max_host_argument,
        };
        let (environment, egress_secrets) = match self.open_environment(&function) {
            Ok((environment, secrets)) => (Ok(environment), secrets),
            Err(failure) => (Err(failure), HostSecrets::default()),
        };
        let bindings = function.config.bindings.as_deref();
        let mut bindings = self.bindings.given(bindings);
        if !namespaces.is_empty() {
            bindings.extend(key_value::names(&namespaces));
            let frame = key_value::longest_frame(&self.options.kv_limits);
            limits.host_bytes = limits.host_bytes.max(frame);
        }
        // These two come last: see their declarations.
        let is_http = |http: &HttpConfig| http.enabled;
        if function.config.http.as_deref().is_some_and(is_http) {
            bindings.push(BindingNames {
                name: EXCHANGE.into(),
                functions: ["respond", "body", "closed"].map(Arc::from).into(),
            });
        }
        if self.has_network {
            bindings.push(BindingNames {
                name: NETWORK.into(),
                functions: [Arc::from("fetch")].into(),
            });
        }
        Loaded {
            function,
            program,
            runtime,
            limits,
            bindings: bindings.into(),
            namespaces,
            egress_secrets: Arc::new(egress_secrets),
            environment,
            script: None,
            session: None,
        }
    }

    /// The namespaces of a function, the first one first. A function that was stored with a name that
    /// is not valid has no such namespace.
    fn namespaces(&self, function: &Function) -> Vec<(Arc<str>, Kv)> {
        let named = function.config.kv.iter().flat_map(|kv| kv.bindings());
        let opened = named.filter_map(|(name, target)| {
            let namespace = target.namespace(function.id).ok()?;
            let (store, clock) = (self.store.clone(), self.clock.clone());
            let kv = Kv::new(store, clock, self.options.kv_limits, namespace);
            Some((Arc::from(name), kv))
        });
        opened.collect()
    }

    /// What the function's code can read, and the secrets that only its network rules use. A function with a secret that cannot be opened does not run,
    /// but can still be read and changed.
    fn open_environment(
        &self,
        function: &Function,
    ) -> Result<(Arc<OpenEnvironment>, HostSecrets), Failure> {
        let environment = &function.environment;
        let rules = function.config.egress.as_deref();
        let of_host: HashSet<&str> = rules
            .into_iter()
            .flat_map(EgressRules::secret_names)
            .collect();
        let mut opened = Vec::with_capacity(environment.secrets.len());
        for (name, secret) in &environment.secrets {
            match self.secret_keys.open(function.id, name, &secret.sealed) {
                Ok(text) => opened.push((&**name, text)),
                Err(error) => {
                    let function_id = function.id;
                    tracing::error!(%function_id, secret = &**name, %error, "cannot open a secret");
                    return Err(Failure::new(
                        FailureKind::Platform,
                        format!("the secret {name} cannot be opened: {error}"),
                    ));
                }
            }
        }
        let variables = environment.variables.iter();
        let variables = variables.map(|(name, value)| (&**name, &**value));
        let (hidden, opened): (Vec<_>, Vec<_>) =
            (opened.into_iter()).partition(|(name, _)| of_host.contains(name));
        let secrets = opened.iter().map(|(name, text)| (*name, text.expose()));
        let environment = OpenEnvironment::new(variables.chain(secrets));
        Ok((Arc::new(environment), HostSecrets::new(hidden)))
    }
}

/// The version that a call of an active function runs; `None`: the newest one.
fn version_of(current: &Function, alias: Option<&str>) -> Result<Option<u32>, Error> {
    if current.status != FunctionStatus::Active {
        return Err(Error::Inactive);
    }
    let name = alias.unwrap_or(Aliases::LIVE);
    match current.aliases.get(name) {
        Some(alias) => Ok(Some(alias.version_for(fastrand::u8(..100)))),
        None if name == Aliases::LIVE => Ok(None),
        None => Err(Error::NotFound(Resource::Alias)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::error::{CompileError, RuntimeError};
    use crate::model::Source;
    use crate::model::{FunctionConfig, Tier, Timestamp};
    use crate::runtime::{Instance, Runtime, RuntimeStats};
    use crate::store::MemoryStore;

    /// Compiles everything and runs nothing.
    struct Idle;

    #[async_trait::async_trait]
    impl Runtime for Idle {
        fn describe(&self) -> String {
            "idle".to_owned()
        }

        fn compile(&self, source: &Source) -> Result<Program, CompileError> {
            Ok(Program::new(source.to_owned()))
        }

        async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
            unreachable!("nothing runs")
        }

        fn forget(&self, _: FunctionId) {}

        fn stats(&self) -> RuntimeStats {
            RuntimeStats::default()
        }
    }

    /// Runtimes that run nothing.
    pub(in crate::engine) fn idle() -> Runtimes {
        let first = NamedRuntime {
            name: "idle".into(),
            runtime: Arc::new(Idle),
        };
        Runtimes::new(first, Vec::new()).unwrap()
    }

    fn compiled(function: &Function) -> Compiled {
        Compiled {
            program: Idle.compile(&function.source()).unwrap(),
            runtime: idle().find(None).unwrap().clone(),
        }
    }

    fn registry(store: &Arc<MemoryStore>) -> Registry {
        Registry::new(
            Arc::new(crate::clock::SystemClock::new()),
            store.clone(),
            Arc::new(idle()),
            Arc::default(),
            Arc::default(),
            Arc::default(),
            (Arc::default(), false),
        )
    }

    fn function(version: u32) -> Function {
        Function {
            id: FunctionId::from_u128(1),
            name: "add".into(),
            description: "adds".into(),
            code: format!("version {version}").into(),
            language: None,
            modules: None,
            handler: None,
            created_at: Timestamp::default(),
            updated_at: Timestamp::from_micros(version.into()),
            version,
            status: FunctionStatus::Active,
            config: FunctionConfig::default(),
            environment: Arc::default(),
            tier: Tier::Basic,
            aliases: Arc::default(),
        }
    }

    #[test]
    fn the_memory_limit_is_what_the_function_sets_and_at_most_what_its_tier_gives() {
        let registry = registry(&Arc::new(MemoryStore::new()));
        for (set, mib) in [
            (None, 128),
            (Some(5), 5),
            (Some(128), 128),
            (Some(999), 128),
        ] {
            let mut function = function(1);
            function.config.memory = set;
            let compiled = compiled(&function);
            let loaded = registry.loaded(function, compiled);
            assert_eq!(loaded.limits.memory, mib << 20, "{set:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_function_that_many_want_at_once_is_compiled_once() {
        let store = Arc::new(MemoryStore::new());
        let registry = Arc::new(registry(&store));
        let function = function(1);
        store.insert_function(&function).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let registry = registry.clone();
            callers.spawn(async move { registry.load(function.id).await.unwrap().unwrap() });
        }
        let loaded = callers.join_all().await;
        assert!(loaded.iter().all(|one| Arc::ptr_eq(one, &loaded[0])));
    }

    #[tokio::test]
    async fn of_changes_that_overlap_the_one_that_the_store_has_is_served() {
        let store = Arc::new(MemoryStore::new());
        let registry = registry(&store);
        let (first, second) = (function(1), function(2));
        let before = registry.changes();
        store.insert_function(&first).await.unwrap();
        store
            .update_function(&second, first.updated_at)
            .await
            .unwrap();
        // Told in the other order than stored.
        registry.changed(before, second.clone(), compiled(&second));
        registry.changed(before, first.clone(), compiled(&first));
        let served = registry.load(first.id).await.unwrap().unwrap();
        assert_eq!(served.function.version, 2);

        let before = registry.changes();
        let gone = store.delete_function(first.id, Timestamp::default()).await;
        assert!(gone.unwrap());
        registry.forget(first.id);
        registry.changed(before, second.clone(), compiled(&second));
        assert!(registry.load(first.id).await.unwrap().is_none());
    }
}
