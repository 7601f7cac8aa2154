//! Changing the variables and secrets of a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Conflict, Error};
use crate::model::{Environment, FunctionId, Secret, Timestamp};
use crate::secrets::{SealError, SecretKeys, SecretText};

/// The longest name, in characters.
const MAX_NAME: usize = 128;
/// The most names that a function has, variables and secrets together.
const MAX_NAMES: usize = 100;
/// The bytes of all its names and values together.
const MAX_BYTES: usize = 64 << 10;

/// A change of an environment: names that are not in it stay, and `None` removes a name.
///
/// ```
/// use faas_core::platform::{EnvironmentUpdate, NewFunction};
///
/// let mut new = NewFunction::new("greet", "greets", "return context.env.GREETING + input.name");
/// new.environment = EnvironmentUpdate::default()
///     .variable("GREETING", "Hello, ")
///     .secret("API_KEY", "hunter2");
/// assert!(!format!("{new:?}").contains("hunter2"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentUpdate {
    /// Values that are visible with the function. A name has letters, digits and `_`, does not start
    /// with a digit, and is at most 128 characters long.
    pub variables: BTreeMap<String, Option<String>>,
    /// Values that only the code can read. They are sealed with the host's key before they are stored.
    pub secrets: BTreeMap<String, Option<SecretText>>,
}

impl EnvironmentUpdate {
    /// Sets a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), Some(value.into()));
        self
    }

    /// Sets a secret.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<SecretText>) -> Self {
        self.secrets.insert(name.into(), Some(value.into()));
        self
    }

    /// What this makes of `before`, the environment of `function`.
    pub(super) fn applied_to(
        &self,
        before: &Arc<Environment>,
        function: FunctionId,
        keys: &SecretKeys,
        now: Timestamp,
    ) -> Result<Arc<Environment>, Error> {
        if self.variables.is_empty() && self.secrets.is_empty() {
            return Ok(before.clone());
        }
        let mut after = Environment::clone(before);
        for (name, value) in &self.variables {
            match value {
                Some(value) => {
                    check_name(name)?;
                    after
                        .variables
                        .insert(as_shared(name), value.as_str().into());
                }
                None => {
                    after.variables.remove(name.as_str());
                }
            }
        }
        for (name, text) in &self.secrets {
            match text {
                Some(text) => {
                    check_name(name)?;
                    let sealed = keys.seal(function, name, text).map_err(cannot_seal)?;
                    let secret = Secret {
                        sealed,
                        set_at: now,
                    };
                    after.secrets.insert(as_shared(name), secret);
                }
                None => {
                    after.secrets.remove(name.as_str());
                }
            }
        }
        check(&after)?;
        Ok(Arc::new(after))
    }
}

fn as_shared(name: &str) -> Arc<str> {
    name.into()
}

fn cannot_seal(error: SealError) -> Error {
    match error {
        SealError::NoKey => Conflict::NoSecretKey.into(),
        error @ SealError::NoRandomness => Error::Internal(error.to_string().into()),
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(Error::Invalid(format!(
            "a name in the environment has {length} characters: at most {MAX_NAME} are allowed"
        )));
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts_well = name
        .bytes()
        .next()
        .is_some_and(|byte| !byte.is_ascii_digit());
    if starts_well && name.bytes().all(is_part) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{name:?} is no name in the environment: expected letters A to Z, digits and _, and no digit \
         first"
    )))
}

fn check(environment: &Environment) -> Result<(), Error> {
    let mut names = environment.variables.keys();
    if let Some(name) = names.find(|name| environment.secrets.contains_key(*name)) {
        return Err(Error::Invalid(format!(
            "{name} is in both env and secrets: expected it in one of them, with null in the other"
        )));
    }
    let count = environment.len();
    if count > MAX_NAMES {
        return Err(Error::Invalid(format!(
            "the environment has {count} names: at most {MAX_NAMES} are allowed, env and secrets together"
        )));
    }
    let bytes = environment.bytes();
    if bytes > MAX_BYTES {
        return Err(Error::Invalid(format!(
            "the environment has {bytes} bytes of names and values: at most {MAX_BYTES} are allowed, \
             env and secrets together"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretKey;

    const FUNCTION: FunctionId = FunctionId::from_u128(1);

    fn keys() -> SecretKeys {
        [SecretKey::new([1; 32])].into_iter().collect()
    }

    fn apply(
        update: &EnvironmentUpdate,
        before: &Arc<Environment>,
    ) -> Result<Arc<Environment>, Error> {
        update.applied_to(before, FUNCTION, &keys(), Timestamp::from_millis(5))
    }

    fn refused(update: &EnvironmentUpdate) -> String {
        match apply(update, &Arc::default()) {
            Err(Error::Invalid(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_named_is_set_or_removed_and_the_rest_stays() {
        let first = EnvironmentUpdate::default()
            .variable("A", "1")
            .variable("B", "2")
            .secret("C", "3")
            .secret("D", "4");
        let first = apply(&first, &Arc::default()).unwrap();
        let mut second = EnvironmentUpdate::default()
            .variable("B", "two")
            .variable("E", "5");
        second.variables.insert("A".to_owned(), None);
        second.variables.insert("never set".to_owned(), None);
        second.secrets.insert("C".to_owned(), None);
        let second = apply(&second, &first).unwrap();
        let variables: Vec<_> = second.variables.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(variables, [("B", "two"), ("E", "5")]);
        assert_eq!(second.secrets.len(), 1);
        assert_eq!(second.secrets["D"], first.secrets["D"]);
        assert_eq!(second.secrets["D"].set_at, Timestamp::from_millis(5));
        let opened = keys().open(FUNCTION, "D", &second.secrets["D"].sealed);
        assert_eq!(opened.unwrap().expose(), "4");
    }

    #[test]
    fn a_change_of_nothing_keeps_the_environment_itself() {
        let before = Arc::new(Environment::default());
        let after = apply(&EnvironmentUpdate::default(), &before).unwrap();
        assert!(Arc::ptr_eq(&before, &after));
    }

    #[test]
    fn a_name_is_a_plain_identifier_of_128_characters_at_most() {
        for good in ["A", "_", "__proto__", "a1", &"x".repeat(128)] {
            let update = EnvironmentUpdate::default().variable(good, "");
            assert!(apply(&update, &Arc::default()).is_ok(), "{good}");
        }
        for bad in ["", "1A", "A-B", "A.B", "$A", "ä", " A", "A\n", "A\u{0}"] {
            let variable = EnvironmentUpdate::default().variable(bad, "");
            assert!(refused(&variable).contains("no digit first"), "{bad:?}");
            let secret = EnvironmentUpdate::default().secret(bad, "s3cr3t");
            assert!(!refused(&secret).contains("s3cr3t"), "{bad:?}");
        }
        let long = EnvironmentUpdate::default().variable("x".repeat(129), "");
        assert!(refused(&long).contains("129 characters"));
    }

    #[test]
    fn a_name_is_a_variable_or_a_secret_and_can_change_sides_at_once() {
        let variable = EnvironmentUpdate::default().variable("A", "1");
        let both = variable.clone().secret("A", "2");
        assert!(refused(&both).contains("A is in both"));
        let before = apply(&variable, &Arc::default()).unwrap();
        let secret = EnvironmentUpdate::default().secret("A", "2");
        assert!(apply(&secret, &before).is_err());
        let mut moved = secret;
        moved.variables.insert("A".to_owned(), None);
        let after = apply(&moved, &before).unwrap();
        assert!(after.variables.is_empty() && after.secrets.contains_key("A"));
    }

    #[test]
    fn names_and_bytes_are_bounded_over_variables_and_secrets_together() {
        let mut update = EnvironmentUpdate::default();
        for n in 0..50 {
            update = update
                .variable(format!("V{n}"), "")
                .secret(format!("S{n}"), "");
        }
        assert!(apply(&update, &Arc::default()).is_ok());
        let message = refused(&update.variable("ONE_MORE", ""));
        assert!(message.contains("101 names"), "{message}");
        assert!(message.contains("at most 100"), "{message}");

        let half = "ü".repeat((MAX_BYTES / 2 - 1) / 2);
        let full = EnvironmentUpdate::default()
            .variable("A", &*half)
            .secret("B", &*half);
        let kept = apply(&full, &Arc::default()).unwrap();
        assert_eq!(kept.bytes(), MAX_BYTES - 2);
        let more = full.variable("C", "12");
        let message = refused(&more);
        assert!(
            message.contains("65537 bytes") && message.contains("65536"),
            "{message}"
        );
    }

    #[test]
    fn without_a_key_a_secret_is_refused_and_a_variable_is_not() {
        let none = SecretKeys::default();
        let update = |update: EnvironmentUpdate| {
            update.applied_to(&Arc::default(), FUNCTION, &none, Timestamp::default())
        };
        let variable = update(EnvironmentUpdate::default().variable("A", "1"));
        assert!(variable.is_ok());
        match update(EnvironmentUpdate::default().secret("A", "s3cr3t")) {
            Err(Error::Conflict(conflict)) => {
                assert_eq!(conflict, Conflict::NoSecretKey);
                let message = conflict.to_string();
                assert!(!message.contains("s3cr3t"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}
