//! What a caller says about when its execution runs, compared with others of its function.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// When an execution runs, compared with others of its function.
///
/// ```
/// use faas_core::model::Queueing;
///
/// let queueing = Queueing::default().priority(10).concurrency_key("customer-1");
/// assert_eq!(queueing.check(), Ok(()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Queueing {
    /// Executions of higher priority start before others of the same function that wait. Default: 0.
    pub priority: i8,
    /// Of the executions of a function with the same key, no more run at a time than
    /// [`FunctionConfig::concurrency_per_key`](super::FunctionConfig::concurrency_per_key) says. On
    /// each server, where several share a store. `None`: no such limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency_key: Option<Arc<str>>,
    /// While an execution of the function with this key has not ended, no other with the key is
    /// accepted: its caller gets the first one. `None`: no such limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub singleton_key: Option<Arc<str>>,
}

impl Queueing {
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 255;
    /// The highest priority. The lowest is its negative.
    pub const MAX_PRIORITY: i8 = 100;

    /// Sets the priority.
    #[must_use]
    pub const fn priority(mut self, priority: i8) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the key of which only so many run at a time.
    #[must_use]
    pub fn concurrency_key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.concurrency_key = Some(key.into());
        self
    }

    /// Sets the key of which only one is accepted until it has ended.
    #[must_use]
    pub fn singleton_key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.singleton_key = Some(key.into());
        self
    }

    /// Whether nothing differs from the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks priority and keys.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let (max, priority) = (Self::MAX_PRIORITY, self.priority);
        if !(-max..=max).contains(&priority) {
            return Err(format!(
                "priority is {priority}: expected a whole number from -{max} to {max}"
            ));
        }
        let keys = [
            ("concurrencyKey", &self.concurrency_key),
            ("singletonKey", &self.singleton_key),
        ];
        for (name, key) in keys {
            let bytes = key.as_ref().map_or(1, |key| key.len());
            if !(1..=Self::MAX_KEY).contains(&bytes) {
                let max = Self::MAX_KEY;
                return Err(format!("{name} has {bytes} bytes: expected 1 to {max}"));
            }
        }
        Ok(())
    }
}
