//! Uploading, changing, listing and deleting functions.

use std::sync::Arc;

pub(super) use self::checks::{check, check_name};
use super::Platform;
use crate::egress::Explanation;
use crate::engine::Compiled;
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::model::{Function, FunctionId, FunctionStatus, FunctionSummary, Namespace, Source};
use crate::store::{FunctionQuery, Page};

/// How many keys and values of a deleted function are removed at a time.
const KV_BATCH: usize = 1_000;

mod checks;
mod requests;
mod versions;

pub use requests::{FunctionUpdate, NewFunction};
pub use versions::AliasUpdate;

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
        let source = Source {
            code: new.code.into(),
            language: new.language,
            modules: new.modules,
        };
        let tier = engine
            .price_book
            .tier_of_source(&source, new.config.timeout);
        let mut function = Function {
            id,
            name: new.name.trim().into(),
            description: new.description.into(),
            code: source.code,
            language: source.language,
            modules: source.modules,
            handler: None,
            created_at: now,
            updated_at: now,
            version: 1,
            status: FunctionStatus::Active,
            config: new.config,
            environment,
            tier,
            aliases: Arc::default(),
        };
        check(&function, None, engine)?;
        let compiled = engine.registry.compile(&function).await?;
        function.handler = compiled.program.handler().cloned();
        let (engine, new) = (engine.clone(), function.clone());
        let stored = carry_out(async move {
            let before = engine.registry.changes();
            engine.store.insert_function(&new).await?;
            engine.registry.changed(before, new, compiled);
            Ok::<_, StoreError>(())
        });
        match stored.await? {
            Ok(()) => Ok(function),
            Err(StoreError::Conflict(_)) => Err(self.name_taken(&function).await),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a function. Executions that run or wait in the queue keep the version that they were
    /// accepted with. [`FunctionUpdate::live`] says whether calls run the new version.
    ///
    /// # Errors
    /// As for [`Functions::create`], and [`Error::NotFound`].
    pub async fn update(&self, id: FunctionId, update: FunctionUpdate) -> Result<Function, Error> {
        // Each try starts over from what another writer has stored in between.
        const TRIES: usize = 5;
        let engine = &self.platform.engine().0;
        let mut name = String::new();
        for _ in 0..TRIES {
            let (before, compiled) = self.with_program(id).await?;
            name = before.name.to_string();
            let now = engine.clock.now();
            let mut after = update.applied_to(&before, &engine.secret_keys, now)?;
            update.move_live(&before, &mut after)?;
            after.tier = (engine.price_book).tier_of_source(&after.source(), after.config.timeout);
            check(&after, Some(&before), engine)?;
            let is_same =
                after.source() == before.source() && after.config.runtime == before.config.runtime;
            let compiled = if is_same {
                compiled
            } else {
                Some(engine.registry.compile(&after).await?)
            };
            if let Some(compiled) = &compiled {
                after.handler = compiled.program.handler().cloned();
            }
            let (engine, new) = (self.platform.engine().clone(), after.clone());
            let stored = carry_out(async move {
                let changes = engine.0.registry.changes();
                let stored = engine.0.store.update_function(&new, before.updated_at);
                stored.await?;
                engine.publish_moves(&before, &new);
                match compiled {
                    Some(compiled) => engine.0.registry.changed(changes, new, compiled),
                    None => engine.0.registry.forget(id),
                }
                Ok::<_, StoreError>(())
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

    /// Says what would happen to a request of the function's code, and why, without making it.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn explain_request(
        &self,
        id: FunctionId,
        url: &str,
        method: &str,
    ) -> Result<Explanation, Error> {
        let function = self.get(id).await?;
        let rules = function.config.egress.as_deref();
        match &self.platform.engine().0.network {
            Some(network) => Ok(network.explain(url, method, rules).await),
            None => Ok(Explanation {
                url: None,
                allowed: false,
                refusal: Some("functions have no network here".to_owned()),
                addresses: Vec::new(),
                headers: Vec::new(),
            }),
        }
    }

    /// The function with this name.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get_by_name(&self, name: &str) -> Result<Function, Error> {
        self.get(self.id_of(name.trim()).await?).await
    }

    /// The id of the function with exactly this name.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn id_of(&self, name: &str) -> Result<FunctionId, Error> {
        let engine = &self.platform.engine().0;
        // A remembered name needs no look at the store while its function still has it.
        if let Some(id) = engine.registry.named(name)
            && let Ok(Some(loaded)) = engine.registry.load(id).await
            && *loaded.function.name == *name
        {
            return Ok(id);
        }
        let id = engine.store.function_named(name).await?;
        let id = id.ok_or(Error::NotFound(Resource::Function))?;
        engine.registry.remember(name, id);
        Ok(id)
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
    /// that an earlier release or another system has stored may not, or if its runtime does not exist
    /// any more: such a function can still be read, changed and deleted.
    async fn with_program(&self, id: FunctionId) -> Result<(Function, Option<Compiled>), Error> {
        let engine = &self.platform.engine().0;
        match engine.registry.load(id).await {
            Ok(Some(loaded)) => {
                let compiled = Compiled {
                    program: loaded.program.clone(),
                    runtime: loaded.runtime.clone(),
                };
                Ok((loaded.function.clone(), Some(compiled)))
            }
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

    /// Deletes a function and its own namespace of keys and values. Its history stays in the reports. Executions that run or are queued still
    /// end; retries that wait fail.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn delete(&self, id: FunctionId) -> Result<(), Error> {
        let engine = self.platform.engine().0.clone();
        let deleted = carry_out(async move {
            let deleted = engine.store.delete_function(id, engine.clock.now()).await?;
            engine.registry.forget(id);
            // Its own namespace goes with it, whatever its last configuration was.
            if deleted && let Some(kv) = engine.store.as_key_value() {
                let own = Namespace::own(id);
                while kv.kv_clear(&own, KV_BATCH).await? == KV_BATCH {}
            }
            Ok::<_, StoreError>(deleted)
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
    change: impl Future<Output = T> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(change)
        .await
        .map_err(|error| Error::Internal(error.to_string().into()))
}
