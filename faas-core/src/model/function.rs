//! Functions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Environment, FunctionId, Timestamp};

/// A function: its code and how to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The id, the same for all versions.
    pub id: FunctionId,
    /// The name; unique among functions that are not deleted; 1 to 128 characters.
    pub name: Arc<str>,
    /// The description.
    pub description: Arc<str>,
    /// JavaScript source in one of the forms that the runtime accepts.
    pub code: Arc<str>,
    /// When the function was first uploaded.
    pub created_at: Timestamp,
    /// When the function was last changed.
    pub updated_at: Timestamp,
    /// The version; starts at 1 and increases by one with each change of code, configuration or
    /// environment.
    pub version: u32,
    /// Whether the function accepts executions.
    pub status: FunctionStatus,
    /// The settings of its executions.
    pub config: FunctionConfig,
    /// The variables and secrets in `context.env`.
    pub environment: Arc<Environment>,
}

impl Function {
    /// Returns the price tier, which depends on code and timeout.
    pub fn tier(&self) -> Tier {
        Tier::of(&self.code, self.config.timeout)
    }

    /// Returns the function's label for reports.
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

/// How reports name a function; also available for deleted functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLabel {
    /// The function's id.
    pub id: FunctionId,
    /// The name, or the last name.
    pub name: Arc<str>,
    /// The description.
    pub description: Arc<str>,
    /// The tier, or the last tier.
    pub tier: Tier,
    /// Whether the function was deleted.
    pub deleted: bool,
}

/// Whether a function accepts executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionStatus {
    /// The function accepts executions.
    Active,
    /// The function refuses new executions; accepted executions still run.
    Inactive,
}

impl FunctionStatus {
    /// Returns `active` or `inactive`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// The settings of a function's executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionConfig {
    /// The wall-clock limit of one attempt.
    pub timeout: Duration,
    /// How often a failed asynchronous execution is retried.
    pub retry_count: u32,
    /// How many executions may run at the same time; `None`: no limit besides the number of
    /// instances.
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

/// A price tier, cheapest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At most 100 characters of code.
    Basic,
    /// At most 5,000 characters.
    Standard,
    /// At most 10,000 characters, or a timeout above 60 s.
    Premium,
    /// More than 10,000 characters, or a timeout above 120 s.
    Enterprise,
}

impl Tier {
    /// All tiers, cheapest first.
    pub const ALL: [Self; 4] = [Self::Basic, Self::Standard, Self::Premium, Self::Enterprise];

    /// Returns the tier for this code and timeout. Code length is in UTF-16 code units, like
    /// `length` in JavaScript.
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

    /// Returns `basic`, `standard`, `premium` or `enterprise`.
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
    fn the_tier_depends_on_the_timeout_and_on_code_length_in_utf16_units() {
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
