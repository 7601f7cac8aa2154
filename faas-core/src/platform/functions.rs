//! Uploading, changing, listing and deleting functions.

use std::sync::Arc;
use std::time::Duration;

use super::{EnvironmentUpdate, Platform};
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::model::{
    Function, FunctionConfig, FunctionId, FunctionStatus, FunctionSummary, Timestamp,
};
use crate::options::PlatformOptions;
use crate::runtime::Program;
use crate::secrets::{SecretKeys, SecretText};
use crate::store::{FunctionQuery, Page};

/// The longest name, in characters.
const MAX_NAME: usize = 128;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// The most retries.
const MAX_RETRIES: u32 = 10;

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
    /// JavaScript source.
    pub code: String,
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
            config: FunctionConfig::default(),
            environment: EnvironmentUpdate::default(),
        }
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

    /// How many of its executions may run at the same time.
    #[must_use]
    pub const fn concurrency(mut self, limit: u32) -> Self {
        self.config.concurrency = Some(limit);
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
    /// New code.
    pub code: Option<String>,
    /// Whether it takes executions.
    pub status: Option<FunctionStatus>,
    /// A new timeout.
    pub timeout: Option<Duration>,
    /// A new number of retries.
    pub retry_count: Option<u32>,
    /// A new concurrency limit; `Some(None)` lifts it.
    pub concurrency: Option<Option<u32>>,
    /// Variables and secrets to set and to remove.
    pub environment: EnvironmentUpdate,
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

    /// Changes the concurrency limit; `None` lifts it.
    #[must_use]
    pub const fn concurrency(mut self, limit: Option<u32>) -> Self {
        self.concurrency = Some(limit);
        self
    }

    /// Changes what its code finds in `context.env`.
    #[must_use]
    pub fn environment(mut self, environment: EnvironmentUpdate) -> Self {
        self.environment = environment;
        self
    }
}

/// See [`Platform::functions`].
#[derive(Clone, Copy)]
pub struct Functions<'a> {
    pub(super) platform: &'a Platform,
}

impl Functions<'_> {
    /// Checks, compiles and stores a function.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Compile`], or [`Error::Conflict`] when the name is taken
    /// ([`Conflict::FunctionName`]), or when the function has secrets and the platform has no key for
    /// them.
    pub async fn create(&self, new: NewFunction) -> Result<Function, Error> {
        let engine = &self.platform.engine().0;
        let now = engine.clock.now();
        let id = engine.ids.function(now);
        let (none, keys) = (Arc::default(), &engine.secret_keys);
        let environment = new.environment.applied_to(&none, id, keys, now)?;
        let tier = engine.price_book.tier_of(&new.code, new.config.timeout);
        let function = Function {
            id,
            name: new.name.trim().into(),
            description: new.description.into(),
            code: new.code.into(),
            created_at: now,
            updated_at: now,
            version: 1,
            status: FunctionStatus::Active,
            config: new.config,
            environment,
            tier,
        };
        check(&function, None, &engine.options)?;
        let program = engine.registry.compile(&function.code).await?;
        let (engine, new) = (engine.clone(), function.clone());
        let stored = carry_out(async move {
            let before = engine.registry.changes();
            engine.store.insert_function(&new).await?;
            engine.registry.changed(before, new, program);
            Ok(())
        });
        match stored.await? {
            Ok(()) => Ok(function),
            Err(StoreError::Conflict(_)) => Err(self.name_taken(&function).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a function. Executions that run or wait in the queue keep the version that they were
    /// accepted with.
    ///
    /// # Errors
    /// As for [`Functions::create`], and [`Error::NotFound`].
    pub async fn update(&self, id: FunctionId, update: FunctionUpdate) -> Result<Function, Error> {
        // Each try starts over from what another writer has stored in between.
        const TRIES: usize = 5;
        let engine = &self.platform.engine().0;
        let mut name = String::new();
        for _ in 0..TRIES {
            let (before, program) = self.with_program(id).await?;
            name = before.name.to_string();
            let now = engine.clock.now();
            let mut after = update.applied_to(&before, &engine.secret_keys, now)?;
            after.tier = engine.price_book.tier_of(&after.code, after.config.timeout);
            check(&after, Some(&before), &engine.options)?;
            let program = if after.code == before.code {
                program
            } else {
                Some(engine.registry.compile(&after.code).await?)
            };
            let (engine, new) = (engine.clone(), after.clone());
            let stored = carry_out(async move {
                let changes = engine.registry.changes();
                engine
                    .store
                    .update_function(&new, before.updated_at)
                    .await?;
                match program {
                    Some(program) => engine.registry.changed(changes, new, program),
                    None => engine.registry.forget(id),
                }
                Ok(())
            });
            match stored.await? {
                Ok(()) => return Ok(after),
                // The registry's copy is out of date, even if no other platform uses the store: the
                // secrets may have been sealed again.
                Err(StoreError::Stale) => self.platform.engine().0.registry.forget(id),
                Err(StoreError::Conflict(_)) => return Err(self.name_taken(&after).await),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Conflict::FunctionBusy(name).into())
    }

    /// Stores a function under its name: creates it, or replaces the description, the code and the
    /// configuration of the function that has the name. Variables and secrets that `new` names are
    /// set, others stay. If nothing differs, the function stays as it is, with its version.
    ///
    /// ```
    /// use faas_core::Platform;
    /// use faas_core::platform::NewFunction;
    ///
    /// # async fn start() -> Result<(), faas_core::Error> {
    /// # let platform = Platform::builder().build().await?;
    /// let new = NewFunction::new("add", "adds", "return input.a + input.b");
    /// let add = platform.functions().upsert(new.clone()).await?;
    /// // The second start of a program finds the function that the first one stored.
    /// assert_eq!(platform.functions().upsert(new).await?, add);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Functions::create`].
    pub async fn upsert(&self, new: NewFunction) -> Result<Function, Error> {
        // Somebody else may create or delete the function between two steps.
        const TRIES: usize = 5;
        let name = new.name.trim().to_owned();
        for _ in 0..TRIES {
            let done = match self.get_by_name(&name).await {
                Ok(there) if new.is_stored_as(&there) => return Ok(there),
                Ok(there) => self.update(there.id, new.clone().into()).await,
                Err(Error::NotFound(_)) => self.create(new.clone()).await,
                Err(error) => return Err(error),
            };
            match done {
                Err(Error::NotFound(_) | Error::Conflict(Conflict::FunctionName { .. })) => {}
                done => return done,
            }
        }
        Err(Conflict::FunctionBusy(name).into())
    }

    /// The function with this name.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get_by_name(&self, name: &str) -> Result<Function, Error> {
        let store = &self.platform.engine().0.store;
        match store.function_named(name.trim()).await? {
            Some(id) => self.get(id).await,
            None => Err(Error::NotFound(Resource::Function)),
        }
    }

    async fn name_taken(&self, function: &Function) -> Error {
        let store = &self.platform.engine().0.store;
        let existing = store.function_named(&function.name).await;
        Error::Conflict(Conflict::FunctionName {
            name: function.name.to_string(),
            // If the store cannot say which function it is, the name is taken all the same.
            existing: existing.unwrap_or_default(),
        })
    }

    /// The function with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, id: FunctionId) -> Result<Function, Error> {
        Ok(self.with_program(id).await?.0)
    }

    /// The function, and what its code was compiled to. `None` if the code does not compile, as code
    /// that an earlier release or another system has stored may not: such a function can still be
    /// read, changed and deleted.
    async fn with_program(&self, id: FunctionId) -> Result<(Function, Option<Program>), Error> {
        let engine = &self.platform.engine().0;
        match engine.registry.load(id).await {
            Ok(Some(loaded)) => Ok((loaded.function.clone(), Some(loaded.program.clone()))),
            Ok(None) => Err(Error::NotFound(Resource::Function)),
            Err(Error::Compile(_)) => match engine.store.function(id).await? {
                Some(function) => Ok((function, None)),
                None => Err(Error::NotFound(Resource::Function)),
            },
            Err(error) => Err(error),
        }
    }

    /// Functions, newest first, page by page. [`FunctionQuery::default`] is the first page;
    /// [`Page::next`] is what the next one is asked for with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn list(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, Error> {
        Ok(self.platform.engine().0.store.functions(query).await?)
    }

    /// Deletes a function. Its history stays in the reports. Executions that run or are queued still
    /// end; retries that wait fail.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn delete(&self, id: FunctionId) -> Result<(), Error> {
        let engine = self.platform.engine().0.clone();
        let deleted = carry_out(async move {
            let deleted = engine.store.delete_function(id, engine.clock.now()).await?;
            engine.registry.forget(id);
            Ok(deleted)
        });
        if deleted.await?? {
            Ok(())
        } else {
            Err(Error::NotFound(Resource::Function))
        }
    }
}

/// Completes a change of the store and what must follow it, even if the caller stops waiting.
async fn carry_out<T: Send + 'static>(
    change: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<Result<T, StoreError>, Error> {
    tokio::spawn(change)
        .await
        .map_err(|error| Error::Internal(error.to_string().into()))
}

impl NewFunction {
    /// Whether `there` is what this would make of it. Secrets are sealed, so nobody knows of those.
    fn is_stored_as(&self, there: &Function) -> bool {
        let variables = &there.environment.variables;
        *there.description == *self.description
            && *there.code == *self.code
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
            .timeout(new.config.timeout)
            .retry_count(new.config.retry_count)
            .concurrency(new.config.concurrency)
            .environment(new.environment)
    }
}

impl FunctionUpdate {
    fn applied_to(
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
        after.status = self.status.unwrap_or(after.status);
        after.config.timeout = self.timeout.unwrap_or(after.config.timeout);
        after.config.retry_count = self.retry_count.unwrap_or(after.config.retry_count);
        after.config.concurrency = self.concurrency.unwrap_or(after.config.concurrency);
        let environment = &before.environment;
        after.environment = (self.environment).applied_to(environment, before.id, keys, now)?;
        if after.code != before.code
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

/// Whether a character shows nothing: white space, formatting, and letters without a shape.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Checks everything but the code's syntax. Of a function that was stored `before`, only what differs
/// from that: what an earlier release or another system has stored must not keep the rest from being
/// changed.
fn check(
    function: &Function,
    before: Option<&Function>,
    options: &PlatformOptions,
) -> Result<(), Error> {
    let is_new = |differs: fn(&Function, &Function) -> bool| {
        before.is_none_or(|before| differs(before, function))
    };
    if is_new(|before, after| before.name != after.name) {
        check_name(&function.name)?;
    }
    if is_new(|before, after| before.description != after.description) {
        check_description(&function.description)?;
    }
    if is_new(|before, after| before.code != after.code) {
        check_code(&function.code, options)?;
    }
    check_config(
        &function.config,
        before.map(|before| &before.config),
        options,
    )
}

fn wrong(text: String) -> Result<(), Error> {
    Err(Error::Invalid(text))
}

fn require_text(what: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return wrong(format!("{what} is blank: expected some text"));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Error> {
    require_text("name", name)?;
    let length = name.chars().count();
    if length > MAX_NAME {
        return wrong(format!(
            "name has {length} characters: at most {MAX_NAME} are allowed"
        ));
    }
    if name.chars().all(is_invisible) {
        return wrong("name has no visible character: expected some text".to_owned());
    }
    if name.chars().any(char::is_control) {
        return wrong("name has a control character, such as a line break".to_owned());
    }
    Ok(())
}

fn check_description(description: &str) -> Result<(), Error> {
    require_text("description", description)?;
    let length = description.chars().count();
    if length > MAX_DESCRIPTION {
        return wrong(format!(
            "description has {length} characters: at most {MAX_DESCRIPTION} are allowed"
        ));
    }
    Ok(())
}

fn check_code(code: &str, options: &PlatformOptions) -> Result<(), Error> {
    require_text("code", code)?;
    if code.len() > options.max_code {
        let (size, limit) = (code.len(), options.max_code);
        return Err(Error::TooLarge(format!(
            "code has {size} bytes: at most {limit} are accepted"
        )));
    }
    Ok(())
}

fn check_config(
    config: &FunctionConfig,
    before: Option<&FunctionConfig>,
    options: &PlatformOptions,
) -> Result<(), Error> {
    let FunctionConfig {
        timeout,
        retry_count,
        concurrency,
    } = *config;
    let max_timeout = options.max_timeout;
    let is_new = before.is_none_or(|before| before.timeout != timeout);
    if is_new && (timeout < Duration::from_millis(1) || timeout > max_timeout) {
        let (timeout, max) = (timeout.as_millis(), max_timeout.as_millis());
        return wrong(format!("timeout is {timeout} ms: expected 1 to {max} ms"));
    }
    let is_new = before.is_none_or(|before| before.retry_count != retry_count);
    if is_new && retry_count > MAX_RETRIES {
        return wrong(format!(
            "retryCount is {retry_count}: expected 0 to {MAX_RETRIES}"
        ));
    }
    let is_new = before.is_none_or(|before| before.concurrency != concurrency);
    if is_new && concurrency == Some(0) {
        return wrong("concurrency is 0: expected at least 1, or none for no limit".to_owned());
    }
    Ok(())
}
