//! What a caller uploads and changes of a function, and what becomes of a stored one.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::model::egress::EgressRules;
use crate::model::http::HttpConfig;
use crate::model::{
    Alias, Aliases, Function, FunctionConfig, FunctionStatus, KvConfig, Language, Modules,
    RetryConfig, Timestamp, ToolConfig,
};
use crate::platform::EnvironmentUpdate;
use crate::secrets::{SecretKeys, SecretText};

/// A function to upload.
///
/// ```
/// use std::time::Duration;
/// use faas_core::platform::NewFunction;
///
/// let new = NewFunction::new("add", "adds", "return input.a + input.b")
///     .timeout(Duration::from_secs(5))
///     .retry_count(0)
///     .variable("UNIT", "EUR");
/// assert_eq!(new.config.timeout, Duration::from_secs(5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewFunction {
    /// Unique; 1 to 128 characters.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The source code: of several files the main one.
    pub code: String,
    /// The language of the code; `None`: the compiler finds out.
    pub language: Option<Language>,
    /// The other files, if there are several.
    pub modules: Option<Arc<Modules>>,
    /// How to run it.
    pub config: FunctionConfig,
    /// The variables and secrets in `context.env`.
    pub environment: EnvironmentUpdate,
}

impl NewFunction {
    /// A function with the default configuration.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        code: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            code: code.into(),
            language: None,
            modules: None,
            config: FunctionConfig::default(),
            environment: EnvironmentUpdate::default(),
        }
    }

    /// Sets the language of the code. Without this, the compiler finds out.
    #[must_use]
    pub const fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Sets the other files, which the code can import and require by their paths. `main` is the path
    /// of the code itself.
    ///
    /// ```
    /// use faas_core::platform::NewFunction;
    ///
    /// let code = "import { total } from './lib/price.ts'; export default total";
    /// let price = "export const total = (input: { n: number }) => input.n * 2";
    /// let new = NewFunction::new("price", "prices", code).files("index.ts", [("lib/price.ts", price)]);
    /// assert_eq!(new.modules.unwrap().others.len(), 1);
    /// ```
    #[must_use]
    pub fn files<P: Into<Arc<str>>, T: Into<Arc<str>>>(
        mut self,
        main: impl Into<Arc<str>>,
        others: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let others = others
            .into_iter()
            .map(|(path, text)| (path.into(), text.into()));
        self.modules = Some(Arc::new(Modules {
            main: main.into(),
            others: others.collect(),
        }));
        self
    }

    /// How long one attempt may run.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// How often a failed asynchronous execution is tried again.
    #[must_use]
    pub const fn retry_count(mut self, count: u32) -> Self {
        self.config.retry_count = count;
        self
    }

    /// After which failures it is tried again, and after how long.
    #[must_use]
    pub fn retry(mut self, policy: RetryConfig) -> Self {
        self.config.retry = Some(Arc::new(policy));
        self
    }

    /// How many of its executions may run at the same time.
    #[must_use]
    pub const fn concurrency(mut self, limit: u32) -> Self {
        self.config.concurrency = Some(limit);
        self
    }

    /// How many of its executions with the same concurrency key may run at the same time.
    #[must_use]
    pub const fn concurrency_per_key(mut self, limit: u32) -> Self {
        self.config.concurrency_per_key = Some(limit);
        self
    }

    /// Sets the memory of its code in MiB, at most what its tier gives.
    #[must_use]
    pub const fn memory(mut self, mib: u32) -> Self {
        self.config.memory = Some(mib);
        self
    }

    /// Sets which requests its code may make, within what the server allows.
    #[must_use]
    pub fn egress(mut self, rules: EgressRules) -> Self {
        self.config.egress = Some(Arc::new(rules));
        self
    }

    /// Sets whether and how it answers HTTP requests. Without this, it does not.
    #[must_use]
    pub fn http(mut self, http: HttpConfig) -> Self {
        self.config.http = Some(Arc::new(http));
        self
    }

    /// Sets its namespaces of keys and values. Without this, it has none.
    ///
    /// ```
    /// use faas_core::model::{KvConfig, KvTarget};
    /// use faas_core::platform::NewFunction;
    ///
    /// let code = "return (await context.kv.get('n')) ?? 0";
    /// let new = NewFunction::new("count", "counts", code).kv(KvConfig::One(KvTarget::Own));
    /// assert!(new.config.kv.is_some());
    /// ```
    #[must_use]
    pub fn kv(mut self, namespaces: KvConfig) -> Self {
        self.config.kv = Some(Arc::new(namespaces));
        self
    }

    /// Offers it as a tool to models. Without this, they do not see it.
    #[must_use]
    pub fn tool(mut self, tool: ToolConfig) -> Self {
        self.config.tool = Some(Arc::new(tool));
        self
    }

    /// Sets the bindings that its code may use. Without this, it may use those that the host opens
    /// to all functions.
    #[must_use]
    pub fn bindings<S: Into<Arc<str>>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.config.bindings = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the runtime that runs it, by its name. Without this, the platform's first one does.
    #[must_use]
    pub fn runtime(mut self, name: impl Into<Arc<str>>) -> Self {
        self.config.runtime = Some(name.into());
        self
    }

    /// Sets a variable in `context.env`.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment = self.environment.variable(name, value);
        self
    }

    /// Sets a secret in `context.env`. The platform needs a secret key.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<SecretText>) -> Self {
        self.environment = self.environment.secret(name, value);
        self
    }
}

/// A change of a function: what is `None` stays.
///
/// ```
/// use faas_core::model::FunctionStatus;
/// use faas_core::platform::FunctionUpdate;
///
/// let update = FunctionUpdate::default()
///     .code("return input.a - input.b")
///     .status(FunctionStatus::Active);
/// assert_eq!(update.name, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionUpdate {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// New code: of several files the main one.
    pub code: Option<String>,
    /// A new language; `Some(None)` lets the compiler find out.
    pub language: Option<Option<Language>>,
    /// New other files; `Some(None)` makes the code the only file.
    pub modules: Option<Option<Arc<Modules>>>,
    /// Whether it takes executions.
    pub status: Option<FunctionStatus>,
    /// A new timeout.
    pub timeout: Option<Duration>,
    /// A new number of retries.
    pub retry_count: Option<u32>,
    /// A new retry policy; `Some(None)` leaves it to the platform's options.
    pub retry: Option<Option<Arc<RetryConfig>>>,
    /// A new concurrency limit; `Some(None)` lifts it.
    pub concurrency: Option<Option<u32>>,
    /// A new concurrency limit for each key; `Some(None)`: one.
    pub concurrency_per_key: Option<Option<u32>>,
    /// A new amount of memory in MiB; `Some(None)` gives what the tier gives.
    pub memory: Option<Option<u32>>,
    /// New bindings; `Some(None)` gives those that the host opens to all functions.
    pub bindings: Option<Option<Arc<[Arc<str>]>>>,
    /// New network rules; `Some(None)` allows all that the server allows.
    pub egress: Option<Option<Arc<EgressRules>>>,
    /// New HTTP settings; `Some(None)` answers no HTTP requests.
    pub http: Option<Option<Arc<HttpConfig>>>,
    /// New namespaces of keys and values; `Some(None)` takes all away. Their entries stay.
    pub kv: Option<Option<Arc<KvConfig>>>,
    /// New settings as a tool; `Some(None)` makes it none.
    pub tool: Option<Option<Arc<ToolConfig>>>,
    /// A new runtime, by its name; `Some(None)` gives the platform's first one.
    pub runtime: Option<Option<Arc<str>>>,
    /// Variables and secrets to set and to remove.
    pub environment: EnvironmentUpdate,
    /// Whether calls that name no alias run the new version. `None`: they do if the code changes, or if
    /// they ran the newest version until now. A canary of `live` ends when they do.
    pub live: Option<bool>,
}

impl FunctionUpdate {
    /// Changes the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Changes the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Changes the code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Changes the language; `None` lets the compiler find out.
    #[must_use]
    pub const fn language(mut self, language: Option<Language>) -> Self {
        self.language = Some(language);
        self
    }

    /// Replaces the other files; `None` makes the code the only file.
    #[must_use]
    pub fn modules(mut self, modules: Option<Arc<Modules>>) -> Self {
        self.modules = Some(modules);
        self
    }

    /// Lets it take executions, or not.
    #[must_use]
    pub const fn status(mut self, status: FunctionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Changes the timeout of one attempt.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Changes the number of retries.
    #[must_use]
    pub const fn retry_count(mut self, count: u32) -> Self {
        self.retry_count = Some(count);
        self
    }

    /// Changes the retry policy; `None` leaves it to the platform's options.
    #[must_use]
    pub fn retry(mut self, policy: Option<Arc<RetryConfig>>) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Changes the concurrency limit; `None` lifts it.
    #[must_use]
    pub const fn concurrency(mut self, limit: Option<u32>) -> Self {
        self.concurrency = Some(limit);
        self
    }

    /// Changes the concurrency limit for each key; `None`: one.
    #[must_use]
    pub const fn concurrency_per_key(mut self, limit: Option<u32>) -> Self {
        self.concurrency_per_key = Some(limit);
        self
    }

    /// Changes the memory in MiB; `None` gives what the tier gives.
    #[must_use]
    pub const fn memory(mut self, mib: Option<u32>) -> Self {
        self.memory = Some(mib);
        self
    }

    /// Changes the namespaces of keys and values; `None` takes all away. Their entries stay.
    #[must_use]
    pub fn kv(mut self, namespaces: Option<Arc<KvConfig>>) -> Self {
        self.kv = Some(namespaces);
        self
    }

    /// Changes how models get it as a tool; `None`: not.
    #[must_use]
    pub fn tool(mut self, tool: Option<Arc<ToolConfig>>) -> Self {
        self.tool = Some(tool);
        self
    }

    /// Changes the network rules; `None` allows all that the server allows.
    #[must_use]
    pub fn egress(mut self, rules: Option<Arc<EgressRules>>) -> Self {
        self.egress = Some(rules);
        self
    }

    /// Changes the HTTP settings; `None` answers no HTTP requests.
    #[must_use]
    pub fn http(mut self, http: Option<Arc<HttpConfig>>) -> Self {
        self.http = Some(http);
        self
    }

    /// Changes the bindings; `None` gives those that the host opens to all functions.
    #[must_use]
    pub fn bindings(mut self, names: Option<Arc<[Arc<str>]>>) -> Self {
        self.bindings = Some(names);
        self
    }

    /// Changes the runtime; `None` gives the platform's first one.
    #[must_use]
    pub fn runtime(mut self, name: Option<Arc<str>>) -> Self {
        self.runtime = Some(name);
        self
    }

    /// Sets whether calls that name no alias run the new version.
    #[must_use]
    pub const fn live(mut self, live: bool) -> Self {
        self.live = Some(live);
        self
    }

    /// Changes what its code finds in `context.env`.
    #[must_use]
    pub fn environment(mut self, environment: EnvironmentUpdate) -> Self {
        self.environment = environment;
        self
    }
}

impl NewFunction {
    /// Whether `there` is what this would make of it. Secrets are sealed, so nobody knows of those.
    pub(super) fn is_stored_as(&self, there: &Function) -> bool {
        let variables = &there.environment.variables;
        *there.description == *self.description
            && *there.code == *self.code
            && there.language == self.language
            && there.modules == self.modules
            && there.config == self.config
            && self.environment.secrets.is_empty()
            && self.environment.variables.iter().all(|(name, value)| {
                variables.get(name.as_str()).map(|value| &**value) == value.as_deref()
            })
    }
}

impl From<NewFunction> for FunctionUpdate {
    /// A change of everything but the name and the status.
    fn from(new: NewFunction) -> Self {
        Self::default()
            .description(new.description)
            .code(new.code)
            .language(new.language)
            .modules(new.modules)
            .timeout(new.config.timeout)
            .retry_count(new.config.retry_count)
            .retry(new.config.retry)
            .concurrency(new.config.concurrency)
            .concurrency_per_key(new.config.concurrency_per_key)
            .memory(new.config.memory)
            .bindings(new.config.bindings)
            .egress(new.config.egress)
            .http(new.config.http)
            .kv(new.config.kv)
            .tool(new.config.tool)
            .runtime(new.config.runtime)
            .environment(new.environment)
    }
}

impl FunctionUpdate {
    /// Moves the alias `live` of `after` as [`Self::live`] says.
    pub(super) fn move_live(&self, before: &Function, after: &mut Function) -> Result<(), Error> {
        let live = before.aliases.live();
        let follows = live.is_none_or(|one| one.version == before.version && one.split.is_none());
        let moves = match self.live {
            None if after.version == before.version => return Ok(()),
            None => follows || after.source() != before.source(),
            Some(moves) => moves,
        };
        let mut aliases = Aliases::clone(&before.aliases);
        if moves {
            aliases.remove(Aliases::LIVE);
        } else if live.is_none() {
            let stays = Alias::of(before.version, after.updated_at);
            aliases.set(Aliases::LIVE, stays).map_err(Error::Invalid)?;
        }
        after.aliases = Arc::new(aliases);
        Ok(())
    }

    pub(super) fn applied_to(
        &self,
        before: &Function,
        keys: &SecretKeys,
        now: Timestamp,
    ) -> Result<Function, Error> {
        let mut after = before.clone();
        for (to, from) in [
            (&mut after.name, &self.name),
            (&mut after.description, &self.description),
            (&mut after.code, &self.code),
        ] {
            if let Some(text) = from {
                *to = text.as_str().into();
            }
        }
        if let Some(name) = &self.name {
            after.name = name.trim().into();
        }
        after.language = self.language.unwrap_or(after.language);
        if let Some(modules) = &self.modules {
            after.modules.clone_from(modules);
        }
        after.status = self.status.unwrap_or(after.status);
        after.config.timeout = self.timeout.unwrap_or(after.config.timeout);
        after.config.retry_count = self.retry_count.unwrap_or(after.config.retry_count);
        if let Some(retry) = &self.retry {
            after.config.retry.clone_from(retry);
        }
        after.config.concurrency = self.concurrency.unwrap_or(after.config.concurrency);
        after.config.concurrency_per_key = self
            .concurrency_per_key
            .unwrap_or(after.config.concurrency_per_key);
        after.config.memory = self.memory.unwrap_or(after.config.memory);
        if let Some(bindings) = &self.bindings {
            after.config.bindings.clone_from(bindings);
        }
        if let Some(rules) = &self.egress {
            after.config.egress.clone_from(rules);
        }
        if let Some(http) = &self.http {
            after.config.http.clone_from(http);
        }
        if let Some(kv) = &self.kv {
            after.config.kv.clone_from(kv);
        }
        if let Some(tool) = &self.tool {
            after.config.tool.clone_from(tool);
        }
        if let Some(runtime) = &self.runtime {
            after.config.runtime.clone_from(runtime);
        }
        let environment = &before.environment;
        after.environment = (self.environment).applied_to(environment, before.id, keys, now)?;
        if after.source() != before.source()
            || after.config != before.config
            || after.environment != before.environment
        {
            after.version += 1;
        }
        // Later than before even when the clock was set back: the store compares it.
        after.updated_at = now.max(before.updated_at + Duration::from_micros(1));
        Ok(after)
    }
}
