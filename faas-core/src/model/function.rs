//! Functions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::egress::EgressRules;
use super::http::HttpConfig;
use super::{
    Aliases, Environment, FunctionId, KvConfig, Language, Modules, RetryConfig, Source, Timestamp,
    ToolConfig,
};

/// A function: its code and how to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The id, the same for all versions.
    pub id: FunctionId,
    /// The name; unique among functions that are not deleted; 1 to 128 characters.
    pub name: Arc<str>,
    /// The description.
    pub description: Arc<str>,
    /// The source code, in one of the forms that the runtime reads; of several files the main one.
    pub code: Arc<str>,
    /// The language of the code; `None`: the compiler finds out.
    pub language: Option<Language>,
    /// The other files, if there are several.
    pub modules: Option<Arc<Modules>>,
    /// How the runtime calls the code, such as `workers.fetch`; `None` if it did not say.
    pub handler: Option<Arc<str>>,
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
    /// The price tier that its code and timeout put it in, by the price book in force when it was
    /// stored.
    pub tier: Tier,
    /// The names for its versions; none in a version that another one has replaced.
    pub aliases: Arc<Aliases>,
}

impl Function {
    /// The source, as a runtime compiles it.
    pub fn source(&self) -> Source {
        Source {
            code: self.code.clone(),
            language: self.language,
            modules: self.modules.clone(),
        }
    }

    /// The size of all files, in bytes.
    pub fn code_bytes(&self) -> usize {
        self.code.len() + self.modules.as_ref().map_or(0, |modules| modules.bytes())
    }

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfig {
    /// The wall-clock limit of one attempt.
    pub timeout: Duration,
    /// How often a failed asynchronous execution is retried.
    pub retry_count: u32,
    /// After which failures, and after how long; `None`: as the platform's options say.
    pub retry: Option<Arc<RetryConfig>>,
    /// How many executions may run at the same time; `None`: no limit besides the number of
    /// instances.
    pub concurrency: Option<u32>,
    /// How many executions with the same
    /// [`Queueing::concurrency_key`](super::Queueing::concurrency_key) may run at the same time; `None`:
    /// one.
    pub concurrency_per_key: Option<u32>,
    /// The memory of its code in MiB, at most what its tier gives; `None`: what its tier gives. The
    /// price stays that of the tier.
    pub memory: Option<u32>,
    /// The bindings that its code may use; `None`: every binding that the host opens to all
    /// functions. At most [`FunctionConfig::MAX_BINDINGS`] names of 1 to
    /// [`FunctionConfig::MAX_BINDING_NAME`] characters.
    pub bindings: Option<Arc<[Arc<str>]>>,
    /// Which requests its code may make, within what the server allows; `None`: all of those.
    pub egress: Option<Arc<EgressRules>>,
    /// Whether and how it answers HTTP requests; `None`: not.
    pub http: Option<Arc<HttpConfig>>,
    /// Its namespaces of keys and values; `None`: none.
    pub kv: Option<Arc<KvConfig>>,
    /// Whether and how models get it as a tool; `None`: not.
    pub tool: Option<Arc<ToolConfig>>,
    /// The name of the runtime that runs it; `None`: the platform's first one.
    pub runtime: Option<Arc<str>>,
}

impl FunctionConfig {
    /// The most bindings that a function may name.
    pub const MAX_BINDINGS: usize = 64;
    /// The longest name of a binding, in characters.
    pub const MAX_BINDING_NAME: usize = 64;
}

impl Default for FunctionConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry_count: 3,
            retry: None,
            concurrency: None,
            concurrency_per_key: None,
            memory: None,
            bindings: None,
            egress: None,
            http: None,
            kv: None,
            tool: None,
            runtime: None,
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
    /// All tiers, cheapest first.
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
