//! Versions of a function and the aliases for them.

use std::collections::HashMap;
use std::time::Duration;

use super::{Functions, carry_out};
use crate::engine::VersionStats;
use crate::error::{Error, Resource};
use crate::model::{
    Alias, Aliases, Canary, Function, FunctionId, FunctionSummary, Split, Timestamp,
};

/// Where to move an alias.
///
/// ```
/// use faas_core::platform::AliasUpdate;
///
/// let rollback = AliasUpdate::to(7);
/// let tenth = AliasUpdate::to(7).split(8, 10);
/// assert_eq!(tenth.split.unwrap().percent, 10);
/// # let _ = rollback;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AliasUpdate {
    /// The version that its calls run; with a canary, at the end.
    pub version: u32,
    /// Another version, which a share of the calls runs. Not with a canary.
    pub split: Option<Split>,
    /// How the share of `version` rises. The calls run the version that the alias stands for now until
    /// then.
    pub canary: Option<Canary>,
}

impl AliasUpdate {
    /// All calls run this version, at once.
    pub const fn to(version: u32) -> Self {
        Self {
            version,
            split: None,
            canary: None,
        }
    }

    /// `percent` of 100 calls run `version` instead.
    #[must_use]
    pub const fn split(mut self, version: u32, percent: u8) -> Self {
        self.split = Some(Split { version, percent });
        self
    }

    /// The share of the version rises step by step.
    #[must_use]
    pub fn canary(mut self, canary: Canary) -> Self {
        self.canary = Some(canary);
        self
    }

    /// The alias, after which `function` has been looked at.
    fn applied_to(&self, function: &Function, name: &str, now: Timestamp) -> Result<Alias, Error> {
        let invalid = |message: &str| Err(Error::Invalid(message.to_owned()));
        match (&self.canary, self.split) {
            (None, None) => Ok(Alias::of(self.version, now)),
            (Some(_), Some(_)) => invalid("an alias has either weights or a canary"),
            (None, Some(split)) if split.version == self.version => {
                invalid("the weights of an alias must be those of two versions")
            }
            (
                None,
                Some(Split {
                    percent: 0 | 100.., ..
                }),
            ) => invalid("the weights of an alias must be 1 to 99, and 100 together"),
            (None, split) => Ok(Alias {
                split,
                ..Alias::of(self.version, now)
            }),
            (Some(canary), None) => {
                let from = match function.aliases.get(name) {
                    Some(alias) => alias.version,
                    None if name == Aliases::LIVE => function.version,
                    None => return invalid("a canary needs an alias that stands for a version"),
                };
                if from == self.version {
                    let version = self.version;
                    return invalid(&format!(
                        "{name} stands for version {version} already: a canary leads to another one"
                    ));
                }
                let mut canary = canary.clone();
                (canary.step, canary.since) = (0, now);
                Ok(match canary.percent() {
                    100.. => Alias::of(self.version, now),
                    percent => Alias {
                        split: Some(Split {
                            version: self.version,
                            percent,
                        }),
                        canary: Some(canary),
                        ..Alias::of(from, now)
                    },
                })
            }
        }
    }
}

impl Functions<'_> {
    /// The versions of a function that are stored, newest first, without their code. The newest 32
    /// replaced ones are kept, up to 32 MiB of code, and those that an alias or an unfinished execution needs.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn versions(&self, id: FunctionId) -> Result<Vec<FunctionSummary>, Error> {
        let store = &self.platform.engine().0.store;
        let versions = store.function_versions(id).await?;
        if versions.is_empty() {
            return Err(Error::NotFound(Resource::Function));
        }
        Ok(versions)
    }

    /// The function as it was at this version.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the function or the version.
    pub async fn version(&self, id: FunctionId, version: u32) -> Result<Function, Error> {
        let store = &self.platform.engine().0.store;
        match store.function_version(id, version).await? {
            Some(function) => Ok(function),
            None if store.function(id).await?.is_some() => Err(Error::NotFound(Resource::Version)),
            None => Err(Error::NotFound(Resource::Function)),
        }
    }

    /// How the versions of a function do: by those of its newest 2,000 executions that were accepted
    /// within `period` before now and have ended. Versions without such executions are left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn version_stats(
        &self,
        id: FunctionId,
        period: Duration,
    ) -> Result<HashMap<u32, VersionStats>, Error> {
        let engine = self.platform.engine();
        engine
            .version_stats(id, engine.0.clock.now() - period)
            .await
    }

    /// Sets an alias of a function, or moves it. Calls that come later run the version that it stands
    /// for; on other servers with the same store after a second at most.
    ///
    /// ```
    /// use faas_core::platform::{AliasUpdate, FunctionUpdate, NewFunction};
    /// use faas_core::{Error, Platform};
    ///
    /// # async fn roll_back(platform: Platform) -> Result<(), Error> {
    /// let add = NewFunction::new("add", "adds", "return input.a + input.b");
    /// let add = platform.functions().create(add).await?;
    /// let changed = FunctionUpdate::default().code("return input.a - input.b");
    /// platform.functions().update(add.id, changed).await?;
    /// // Version 2 subtracts. Go back.
    /// platform.functions().set_alias(add.id, "live", AliasUpdate::to(1)).await?;
    /// let done = platform.invoke(add.id, serde_json::json!({"a": 1, "b": 2})).await?;
    /// assert_eq!(done.function_version, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`] for the function or a version; [`Error::Invalid`]; [`Error::Conflict`]
    /// ([`FunctionBusy`](crate::error::Conflict::FunctionBusy)) when others change it at the same time again and again.
    pub async fn set_alias(
        &self,
        id: FunctionId,
        name: &str,
        update: AliasUpdate,
    ) -> Result<Function, Error> {
        let versions: Vec<u32> = self
            .versions(id)
            .await?
            .iter()
            .map(|one| one.version)
            .collect();
        let named = [
            Some(update.version),
            update.split.map(|split| split.version),
        ];
        if named
            .iter()
            .flatten()
            .any(|version| !versions.contains(version))
        {
            return Err(Error::NotFound(Resource::Version));
        }
        let (now, name) = (self.platform.now(), name.to_owned());
        let change = move |function: &Function, aliases: &mut Aliases| {
            let alias = update.applied_to(function, &name, now)?;
            aliases.set(&name, alias).map_err(Error::Invalid)
        };
        self.change_aliases(id, change).await
    }

    /// Deletes an alias of a function. Without `live`, calls run the newest version.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the function or the alias.
    pub async fn delete_alias(&self, id: FunctionId, name: &str) -> Result<Function, Error> {
        let name = name.to_owned();
        let change = move |_: &Function, aliases: &mut Aliases| match aliases.remove(&name) {
            true => Ok(()),
            false => Err(Error::NotFound(Resource::Alias)),
        };
        self.change_aliases(id, change).await
    }

    async fn change_aliases(
        &self,
        id: FunctionId,
        change: impl Fn(&Function, &mut Aliases) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<Function, Error> {
        let engine = self.platform.engine().clone();
        carry_out(async move { engine.change_aliases(id, change).await }).await?
    }
}
