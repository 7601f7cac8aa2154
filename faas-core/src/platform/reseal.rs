//! Seals secrets with a new key, so that the old key can be removed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::error::StoreError;
use crate::error::{Conflict, Error};
use crate::model::{Environment, Function, FunctionId, Secret};
use crate::secrets::{OpenError, SecretKey, SecretKeys};
use crate::store::SecretStore;

/// How often to try again when others change the same functions.
const TRIES: usize = 10;

/// The result of [`reseal`]. A secret that several versions of a function have counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resealed {
    /// How many secrets there are.
    pub secrets: usize,
    /// How many were sealed with another key and now are with the first one.
    pub resealed: usize,
    /// Those that no key opens. They are unchanged, and their functions cannot run.
    pub unopened: Vec<Unopened>,
}

/// A secret that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unopened {
    /// The function that it belongs to.
    pub function: FunctionId,
    /// The function's name.
    pub function_name: Arc<str>,
    /// The secret's name.
    pub secret: Arc<str>,
    /// Why it cannot be opened.
    pub error: OpenError,
}

/// Seals every secret in `store` with the first of `keys` that is sealed with another of them, in the
/// current versions of functions and in those that unfinished executions still need.
///
/// You can do this while platforms use the store, and repeat it: secrets that are sealed with the
/// first key stay as they are. What functions find in their environment does not change, and neither
/// do their version numbers. Changes that others make at the same time are kept. A platform that still
/// has another first key goes on sealing with that one, so give platforms the new key before.
///
/// # Errors
/// [`Error::Conflict`] if `keys` is empty, or if a function is changed again and again meanwhile;
/// [`Error::Unavailable`] when the store cannot be reached. Secrets that were sealed until then stay
/// so.
pub async fn reseal<S: SecretStore + ?Sized>(
    store: &S,
    keys: &SecretKeys,
) -> Result<Resealed, Error> {
    if keys.is_empty() {
        return Err(Conflict::NoSecretKey.into());
    }
    let mut resealed = HashSet::new();
    for _ in 0..TRIES {
        let mut pass = Pass::default();
        for (id, version) in store.sealed_versions().await? {
            pass.add(id, reseal_one(store, keys, (id, version)).await?);
        }
        // A version that was made meanwhile may have copied a secret as it was sealed before: only a
        // pass that finds nothing to do is the last one.
        let is_last = pass.resealed.is_empty();
        resealed.extend(pass.resealed);
        if is_last {
            return Ok(Resealed {
                secrets: pass.secrets.len(),
                resealed: resealed.len(),
                unopened: pass.unopened,
            });
        }
    }
    Err(Conflict::FunctionsBusy.into())
}

/// A secret, through all versions of its function.
type Named = (FunctionId, Arc<str>);

/// What one look at all versions found.
#[derive(Default)]
struct Pass {
    secrets: HashSet<Named>,
    resealed: HashSet<Named>,
    unopened: Vec<Unopened>,
}

/// What was done to one version.
#[derive(Default)]
struct OfVersion {
    secrets: Vec<Arc<str>>,
    resealed: Vec<Arc<str>>,
    unopened: Vec<Unopened>,
}

impl Pass {
    fn add(&mut self, id: FunctionId, of_version: OfVersion) {
        let named = |names: Vec<Arc<str>>| names.into_iter().map(move |name| (id, name));
        self.secrets.extend(named(of_version.secrets));
        self.resealed.extend(named(of_version.resealed));
        for lost in of_version.unopened {
            let is_same = |one: &Unopened| one.function == id && one.secret == lost.secret;
            if !self.unopened.iter().any(is_same) {
                self.unopened.push(lost);
            }
        }
    }
}

async fn reseal_one<S: SecretStore + ?Sized>(
    store: &S,
    keys: &SecretKeys,
    (id, version): (FunctionId, u32),
) -> Result<OfVersion, Error> {
    let mut name = None;
    for _ in 0..TRIES {
        let Some(mut function) = store.function_version(id, version).await? else {
            return Ok(OfVersion::default());
        };
        let (environment, done) = sealed_anew(&function, keys)?;
        if done.resealed.is_empty() {
            return Ok(done);
        }
        let expected = function.updated_at;
        function.environment = Arc::new(environment);
        // A change that somebody else began before must be refused as stale.
        function.updated_at = expected + Duration::from_micros(1);
        match store.replace_environment(&function, expected).await {
            Ok(()) => return Ok(done),
            Err(StoreError::Stale) => name = Some(function.name),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Conflict::FunctionBusy(name.as_deref().unwrap_or_default().to_owned()).into())
}

/// The environment of `function` with every secret that can be opened sealed with the first key.
fn sealed_anew(function: &Function, keys: &SecretKeys) -> Result<(Environment, OfVersion), Error> {
    let mut environment = Environment::clone(&function.environment);
    let mut done = OfVersion::default();
    let first = keys.sealing().map(SecretKey::id);
    for (name, Secret { sealed, .. }) in &mut environment.secrets {
        done.secrets.push(Arc::clone(name));
        // Also those of the first key, to report damaged ones now and not when they are needed.
        match keys.open(function.id, name, sealed) {
            Err(error) => done.unopened.push(Unopened {
                function: function.id,
                function_name: Arc::clone(&function.name),
                secret: Arc::clone(name),
                error,
            }),
            Ok(_) if Some(sealed.key()) == first => {}
            Ok(text) => {
                let anew = keys.seal(function.id, name, &text);
                *sealed = anew.map_err(|error| Error::Internal(error.to_string().into()))?;
                done.resealed.push(Arc::clone(name));
            }
        }
    }
    Ok((environment, done))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::model::Timestamp;
    use crate::secrets::SecretText;
    use crate::store::conformance::fixtures::Fixtures;
    use crate::store::{MemoryStore, Store};

    fn keys(bytes: &[u8]) -> SecretKeys {
        let keys = bytes.iter().map(|byte| SecretKey::new([*byte; 32]));
        keys.collect()
    }

    /// A function with these secrets, each sealed with its key, in a store.
    async fn stored(secrets: &[(&str, u8)]) -> (MemoryStore, Function) {
        let mut function = Fixtures::new().function("greet");
        let mut environment = Environment::default();
        environment.variables.insert("REGION".into(), "eu".into());
        for (name, key) in secrets {
            let text = SecretText::from(*name);
            let sealed = keys(&[*key]).seal(function.id, name, &text).unwrap();
            let set_at = Timestamp::from_millis(1);
            let secret = Secret { sealed, set_at };
            environment.secrets.insert((*name).into(), secret);
        }
        function.environment = Arc::new(environment);
        let store = MemoryStore::new();
        store.insert_function(&function).await.unwrap();
        (store, function)
    }

    fn opened(function: &Function, key: u8, name: &str) -> String {
        let sealed = &function.environment.secrets[name].sealed;
        let text = keys(&[key]).open(function.id, name, sealed);
        text.unwrap().expose().to_owned()
    }

    #[tokio::test]
    async fn every_secret_is_sealed_with_the_first_key_once_and_nothing_else_changes() {
        let (store, before) = stored(&[("A", 1), ("B", 2), ("C", 3)]).await;
        let rotated = keys(&[3, 2, 1]);
        let done = reseal(&store, &rotated).await.unwrap();
        assert_eq!((done.secrets, done.resealed), (3, 2));
        assert_eq!(done.unopened, []);
        let after = store.function(before.id).await.unwrap().unwrap();
        for name in ["A", "B", "C"] {
            assert_eq!(opened(&after, 3, name), name);
        }
        let (was, is) = (&before.environment.secrets, &after.environment.secrets);
        assert_eq!(was["C"], is["C"]);
        assert_eq!(was["A"].set_at, is["A"].set_at);
        let with = Function {
            environment: Arc::clone(&before.environment),
            updated_at: before.updated_at,
            ..after.clone()
        };
        assert_eq!(with, before);
        let again = reseal(&store, &rotated).await.unwrap();
        assert_eq!((again.secrets, again.resealed), (3, 0));
        assert_eq!(store.function(before.id).await.unwrap().unwrap(), after);
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_named_and_left_and_the_rest_is_sealed() {
        let (store, before) = stored(&[("A", 1), ("LOST", 9)]).await;
        let done = reseal(&store, &keys(&[2, 1])).await.unwrap();
        assert_eq!((done.secrets, done.resealed), (2, 1));
        let [lost] = &done.unopened[..] else {
            panic!("{done:?}");
        };
        assert_eq!((lost.function, &*lost.secret), (before.id, "LOST"));
        assert!(matches!(lost.error, OpenError::OtherKey(_)), "{lost:?}");
        let after = store.function(before.id).await.unwrap().unwrap();
        assert_eq!(opened(&after, 2, "A"), "A");
        assert_eq!(opened(&after, 9, "LOST"), "LOST");
        let nothing = reseal(&store, &SecretKeys::default()).await;
        assert!(matches!(nothing, Err(Error::Conflict(_))), "{nothing:?}");
    }

    /// Changes the function so many times, always after it was read.
    struct Contended {
        store: MemoryStore,
        changes: AtomicUsize,
    }

    #[async_trait]
    impl SecretStore for Contended {
        async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
            self.store.sealed_versions().await
        }

        async fn function_version(
            &self,
            id: FunctionId,
            version: u32,
        ) -> Result<Option<Function>, StoreError> {
            self.store.function_version(id, version).await
        }

        async fn replace_environment(
            &self,
            function: &Function,
            expected: Timestamp,
        ) -> Result<(), StoreError> {
            let left = self.changes.load(Ordering::Relaxed);
            if left > 0 {
                self.changes.store(left - 1, Ordering::Relaxed);
                let mut changed = self.store.function(function.id).await?.unwrap();
                changed.description = format!("{left} to go").into();
                let before = changed.updated_at;
                changed.updated_at = before + Duration::from_secs(1);
                self.store.update_function(&changed, before).await?;
            }
            self.store.replace_environment(function, expected).await
        }
    }

    #[tokio::test]
    async fn the_secrets_of_a_version_that_an_execution_still_needs_are_sealed_anew() {
        let (store, first) = stored(&[("A", 1)]).await;
        let second = Function {
            version: 2,
            code: "return 2".into(),
            updated_at: first.updated_at + Duration::from_secs(1),
            ..first.clone()
        };
        store
            .update_function(&second, first.updated_at)
            .await
            .unwrap();
        let done = reseal(&store, &keys(&[2, 1])).await.unwrap();
        assert_eq!((done.secrets, done.resealed), (1, 1));
        for version in [1, 2] {
            let after = store.function_version(first.id, version).await.unwrap();
            assert_eq!(opened(&after.unwrap(), 2, "A"), "A");
        }
    }

    #[tokio::test]
    async fn a_change_that_somebody_makes_meanwhile_is_kept() {
        let (store, before) = stored(&[("A", 1)]).await;
        let changes = AtomicUsize::new(3);
        let contended = Contended { store, changes };
        let done = reseal(&contended, &keys(&[2, 1])).await.unwrap();
        assert_eq!((done.secrets, done.resealed), (1, 1));
        let after = contended.store.function(before.id).await.unwrap().unwrap();
        assert_eq!((&*after.description, after.version), ("1 to go", 1));
        assert_eq!(opened(&after, 2, "A"), "A");

        contended.changes.store(1_000, Ordering::Relaxed);
        let endless = reseal(&contended, &keys(&[3, 2])).await;
        assert!(matches!(endless, Err(Error::Conflict(_))), "{endless:?}");
    }
}
