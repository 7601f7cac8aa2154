//! What a user uploads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Environment, FunctionId, Timestamp};

/// A function: its code and how to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its id, through all versions.
    pub id: FunctionId,
    /// Unique among the functions that are not deleted; 1 to 128 characters.
    pub name: Arc<str>,
    /// What it is for, in words.
    pub description: Arc<str>,
    /// JavaScript source in one of the forms that the runtime reads.
    pub code: Arc<str>,
    /// When it was uploaded first.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Rises by one with each change of code or configuration; the first is 1.
    pub version: u32,
    /// Whether it takes executions.
    pub status: FunctionStatus,
    /// How to run it.
    pub config: FunctionConfig,
    /// What its code finds in `context.env`.
    pub environment: Arc<Environment>,
    /// The price tier that its code and timeout put it in, by the price book in force when it was
    /// stored.
    pub tier: Tier,
}

impl Function {
    /// The function without its code.
    pub fn label(&self) -> FunctionLabel {
        FunctionLabel {
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            tier: self.tier,
            deleted: false,
        }
    }
}

/// How reports name a function, deleted ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLabel {
    /// The function's id.
    pub id: FunctionId,
    /// Its name, or the last it had.
    pub name: Arc<str>,
    /// Its description.
    pub description: Arc<str>,
    /// Its tier, or the last it was in.
    pub tier: Tier,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// Whether a function takes executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionStatus {
    /// It does.
    Active,
    /// New ones are refused; those accepted before still run.
    Inactive,
}

impl FunctionStatus {
    /// `active` or `inactive`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// How to run a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionConfig {
    /// Wall-clock limit of one attempt.
    pub timeout: Duration,
    /// How many times an asynchronous execution is tried again after a failure.
    pub retry_count: u32,
    /// How many of its executions may run at the same time; `None`: as many as there are instances.
    pub concurrency: Option<u32>,
}

impl Default for FunctionConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry_count: 3,
            concurrency: None,
        }
    }
}

/// A price tier, from the cheapest up. The price book says which functions are in which tier.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The cheapest.
    Basic,
    /// The second.
    Standard,
    /// The third.
    Premium,
    /// The most expensive.
    Enterprise,
}

impl Tier {
    /// All of them, cheapest first.
    pub const ALL: [Self; 4] = [Self::Basic, Self::Standard, Self::Premium, Self::Enterprise];

    /// `basic`, `standard`, `premium` or `enterprise`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Standard => "standard",
            Self::Premium => "premium",
            Self::Enterprise => "enterprise",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
