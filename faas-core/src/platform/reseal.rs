//! Sealing secrets anew, so that an old key can be taken away.

use std::sync::Arc;
use std::time::Duration;

use crate::error::StoreError;
use crate::error::{Conflict, Error};
use crate::model::{Environment, Function, FunctionId, Secret};
use crate::secrets::{OpenError, SecretKey, SecretKeys};
use crate::store::SecretStore;

/// How often a function is tried again that somebody changes at the same time.
const TRIES: usize = 10;

/// What became of the secrets of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resealed {
    /// How many there are.
    pub secrets: usize,
    /// How many of them are sealed with the first key now and were not before.
    pub resealed: usize,
    /// Those that no key opens: they are as they were, and their functions cannot run.
    pub unopened: Vec<Unopened>,
}

/// A secret that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unopened {
    /// Whose it is.
    pub function: FunctionId,
    /// What its function is called.
    pub function_name: Arc<str>,
    /// Its own name.
    pub secret: Arc<str>,
    /// Why not.
    pub error: OpenError,
}

/// Seals every secret in `store` with the first of `keys` that is sealed with another of them.
///
/// It may be done while platforms use the store, and again: what is sealed with the first key stays.
/// What functions find in their environment does not change, and neither do their versions. A change
/// that somebody makes at the same time is kept, and whoever began one before starts over from what
/// this has stored. But who has another first key goes on sealing with that: platforms get the new
/// key before.
///
/// # Errors
/// [`Error::Conflict`] without a key, or when a function is changed all the time; or when the store
/// is away. What was sealed until then stays so.
pub async fn reseal<S: SecretStore + ?Sized>(
    store: &S,
    keys: &SecretKeys,
) -> Result<Resealed, Error> {
    if keys.is_empty() {
        return Err(Conflict::NoSecretKey.into());
    }
    let mut all = Resealed::default();
    for function in store.sealed_functions().await? {
        let of_one = reseal_one(store, keys, function).await?;
        all.secrets += of_one.secrets;
        all.resealed += of_one.resealed;
        all.unopened.extend(of_one.unopened);
    }
    Ok(all)
}

async fn reseal_one<S: SecretStore + ?Sized>(
    store: &S,
    keys: &SecretKeys,
    mut function: Function,
) -> Result<Resealed, Error> {
    for _ in 0..TRIES {
        let (environment, done) = sealed_anew(&function, keys)?;
        if done.resealed == 0 {
            return Ok(done);
        }
        let expected = function.updated_at;
        function.environment = Arc::new(environment);
        // Whoever began a change before is to find that it is not the same any more.
        function.updated_at = expected + Duration::from_micros(1);
        match store.replace_environment(&function, expected).await {
            Ok(()) => return Ok(done),
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
        match store.sealed_function(function.id).await? {
            Some(as_it_is) => function = as_it_is,
            None => return Ok(Resealed::default()),
        }
    }
    Err(Conflict::FunctionBusy(function.name.to_string()).into())
}

/// The environment of `function` with every secret sealed with the first key, as far as they can be
/// opened.
fn sealed_anew(function: &Function, keys: &SecretKeys) -> Result<(Environment, Resealed), Error> {
    let mut environment = Environment::clone(&function.environment);
    let mut done = Resealed::default();
    let first = keys.sealing().map(SecretKey::id);
    for (name, Secret { sealed, .. }) in &mut environment.secrets {
        done.secrets += 1;
        // Those of the first key too: one that is damaged is not to be found when it is needed.
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
                done.resealed += 1;
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
        async fn sealed_functions(&self) -> Result<Vec<Function>, StoreError> {
            self.store.functions().await
        }

        async fn sealed_function(&self, id: FunctionId) -> Result<Option<Function>, StoreError> {
            self.store.function(id).await
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
                changed.version += 1;
                let before = changed.updated_at;
                changed.updated_at = before + Duration::from_secs(1);
                self.store.update_function(&changed, before).await?;
            }
            self.store.update_function(function, expected).await
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
        assert_eq!((&*after.description, after.version), ("1 to go", 4));
        assert_eq!(opened(&after, 2, "A"), "A");

        contended.changes.store(1_000, Ordering::Relaxed);
        let endless = reseal(&contended, &keys(&[3, 2])).await;
        assert!(matches!(endless, Err(Error::Conflict(_))), "{endless:?}");
    }
}
