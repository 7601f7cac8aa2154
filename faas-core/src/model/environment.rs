//! What user code finds in `context.env`, as it is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Timestamp;
use crate::model::Sealed;

/// The names that a function's code can read, and their values. A name is in one of the two maps at
/// most.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Environment {
    /// Values that whoever may see the function may see.
    pub variables: BTreeMap<Arc<str>, Arc<str>>,
    /// Values that only its code sees.
    pub secrets: BTreeMap<Arc<str>, Secret>,
}

impl Environment {
    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.secrets.is_empty()
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.variables.len() + self.secrets.len()
    }

    /// The bytes of all names and values together, secrets counted as their text.
    pub fn bytes(&self) -> usize {
        let variables = self.variables.iter();
        let secrets = self.secrets.iter();
        variables.map(|(k, v)| k.len() + v.len()).sum::<usize>()
            + secrets
                .map(|(k, v)| k.len() + v.sealed.text_len())
                .sum::<usize>()
    }
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Secret {
    /// Its value.
    pub sealed: Sealed,
    /// When it was set last.
    pub set_at: Timestamp,
}
