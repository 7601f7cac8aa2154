//! The environment of a function, as it is stored. User code reads it as `context.env`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Timestamp;
use crate::model::Sealed;

/// The names and values that a function's code can read. A name is in at most one of the two maps.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Environment {
    /// Values that everyone who may read the function can read.
    pub variables: BTreeMap<Arc<str>, Arc<str>>,
    /// Values that only the function's code can read.
    pub secrets: BTreeMap<Arc<str>, Secret>,
}

impl Environment {
    /// Returns whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.secrets.is_empty()
    }

    /// Returns the number of names.
    pub fn len(&self) -> usize {
        self.variables.len() + self.secrets.len()
    }

    /// Returns the total size of all names and values in bytes; a secret counts with the length of
    /// its plain text.
    pub fn bytes(&self) -> usize {
        let variables = self.variables.iter();
        let secrets = self.secrets.iter();
        variables.map(|(k, v)| k.len() + v.len()).sum::<usize>()
            + secrets
                .map(|(k, v)| k.len() + v.sealed.text_len())
                .sum::<usize>()
    }
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Secret {
    /// The encrypted value.
    pub sealed: Sealed,
    /// When the secret was last set.
    pub set_at: Timestamp,
}
