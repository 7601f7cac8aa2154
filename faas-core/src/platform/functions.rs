//! Uploading, changing, listing and deleting functions.

use std::sync::Arc;
use std::time::Duration;

use super::{EnvironmentUpdate, Platform};
use crate::error::Error;
use crate::error::StoreError;
use crate::model::{
    Function, FunctionConfig, FunctionId, FunctionStatus, FunctionSummary, Timestamp,
};
use crate::options::PlatformOptions;
use crate::runtime::Program;
use crate::secrets::SecretKeys;
use crate::store::{FunctionQuery, Page};

/// The longest name, in characters.
const MAX_NAME: usize = 128;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 10_000;
/// The most retries.
const MAX_RETRIES: u32 = 10;

/// A function to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFunction {
    /// Unique; 1 to 128 characters.
    pub name: String,
    /// What it is for, in words.
    pub description: String,
    /// JavaScript source.
    pub code: String,
    /// How to run it.
    pub config: FunctionConfig,
    /// What its code finds in `context.env`.
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
}

/// A change of a function: what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// What to set and to remove of what its code finds in `context.env`.
    pub environment: EnvironmentUpdate,
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
    /// [`Error::Invalid`], [`Error::Compile`], or [`Error::Conflict`] when the name is taken, or when
    /// it has secrets and the platform no key for them.
    pub async fn create(&self, new: NewFunction) -> Result<Function, Error> {
        let engine = &self.platform.engine().0;
        let now = engine.clock.now();
        let id = engine.ids.function(now);
        let (none, keys) = (Arc::default(), &engine.secret_keys);
        let environment = new.environment.applied_to(&none, id, keys, now)?;
        let function = Function {
            id,
            name: new.name.into(),
            description: new.description.into(),
            code: new.code.into(),
            created_at: now,
            updated_at: now,
            version: 1,
            status: FunctionStatus::Active,
            config: new.config,
            environment,
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
            Err(StoreError::Conflict(_)) => Err(name_taken(&function)),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a function. Executions that run, or wait in the queue, go on with the version that
    /// they were accepted with.
    ///
    /// # Errors
    /// As for [`Functions::create`], and [`Error::NotFound`].
    pub async fn update(&self, id: FunctionId, update: FunctionUpdate) -> Result<Function, Error> {
        // Each try starts over from what another writer has stored in between.
        const TRIES: usize = 5;
        let engine = &self.platform.engine().0;
        for _ in 0..TRIES {
            let (before, program) = self.with_program(id).await?;
            let after = update.applied_to(&before, &engine.secret_keys, engine.clock.now())?;
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
                // What is known of it here is not what the store has, even where no other platform
                // uses the store: its secrets may have been sealed anew.
                Err(StoreError::Stale) => self.platform.engine().0.registry.forget(id),
                Err(StoreError::Conflict(_)) => return Err(name_taken(&after)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict(
            "the function is being changed by others: try again".to_owned(),
        ))
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
            Ok(None) => Err(Error::NotFound("function")),
            Err(Error::Compile(_)) => match engine.store.function(id).await? {
                Some(function) => Ok((function, None)),
                None => Err(Error::NotFound("function")),
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

    /// Deletes a function. Its history stays in the reports. What of it runs or is queued still
    /// ends; retries that wait fail.
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
            Err(Error::NotFound("function"))
        }
    }
}

/// Carries a change of the store, and what must follow it, to its end even when whoever asked for it
/// gives up waiting.
async fn carry_out<T: Send + 'static>(
    change: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<Result<T, StoreError>, Error> {
    tokio::spawn(change)
        .await
        .map_err(|error| Error::Internal(error.to_string()))
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

fn name_taken(function: &Function) -> Error {
    Error::Conflict(format!(
        "a function named {:?} exists already",
        &*function.name
    ))
}
