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
    /// JavaScript source in one of the three forms that the runtime reads.
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
}

impl Function {
    /// The price tier that its code and timeout put it in.
    pub fn tier(&self) -> Tier {
        Tier::of(&self.code, self.config.timeout)
    }

    /// The function without its code.
    pub fn label(&self) -> FunctionLabel {
        FunctionLabel {
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            tier: self.tier(),
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

/// A price tier, from the cheapest up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At most 100 characters of code.
    Basic,
    /// At most 5,000.
    Standard,
    /// At most 10,000, or a timeout above 60 s.
    Premium,
    /// Above that, or a timeout above 120 s.
    Enterprise,
}

impl Tier {
    /// All of them, cheapest first.
    pub const ALL: [Self; 4] = [Self::Basic, Self::Standard, Self::Premium, Self::Enterprise];

    /// The tier of a function with this code and timeout. Code counts in UTF-16 code units, as
    /// JavaScript's own `length` does.
    pub fn of(code: &str, timeout: Duration) -> Self {
        let by_code = match code.encode_utf16().count() {
            0..=100 => Self::Basic,
            101..=5_000 => Self::Standard,
            5_001..=10_000 => Self::Premium,
            _ => Self::Enterprise,
        };
        let by_timeout = match timeout.as_millis() {
            0..=60_000 => Self::Basic,
            60_001..=120_000 => Self::Premium,
            _ => Self::Enterprise,
        };
        by_code.max(by_timeout)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tier_follows_code_length_in_utf16_units_and_timeout() {
        let tier =
            |length: usize, seconds| Tier::of(&"x".repeat(length), Duration::from_secs(seconds));
        assert_eq!(tier(100, 30), Tier::Basic);
        assert_eq!(tier(101, 60), Tier::Standard);
        assert_eq!(tier(5_000, 30), Tier::Standard);
        assert_eq!(tier(5_001, 30), Tier::Premium);
        assert_eq!(tier(10_000, 30), Tier::Premium);
        assert_eq!(tier(10_001, 30), Tier::Enterprise);
        assert_eq!(tier(1, 61), Tier::Premium);
        assert_eq!(tier(1, 120), Tier::Premium);
        assert_eq!(tier(1, 121), Tier::Enterprise);
        assert_eq!(tier(10_001, 61), Tier::Enterprise);
        // 😀 is two UTF-16 units and four bytes.
        assert_eq!(Tier::of(&"😀".repeat(50), Duration::ZERO), Tier::Basic);
        assert_eq!(Tier::of(&"😀".repeat(51), Duration::ZERO), Tier::Standard);
    }
}
