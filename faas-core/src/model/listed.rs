//! Functions and executions in lists, which may leave long parts out.

use std::ops::Deref;
use std::sync::Arc;

use super::{
    Aliases, Environment, Execution, Function, FunctionConfig, FunctionId, FunctionStatus,
};
use super::{Language, Modules, Tier, Timestamp};

/// A function in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSummary {
    /// The id, the same for all versions.
    pub id: FunctionId,
    /// The name.
    pub name: Arc<str>,
    /// The description.
    pub description: Arc<str>,
    /// The code; `None` if the list was requested without code.
    pub code: Option<Arc<str>>,
    /// The language of the code, if it was told.
    pub language: Option<Language>,
    /// The other files of the function; `None` if there are none, or if the list was requested
    /// without code.
    pub modules: Option<Arc<Modules>>,
    /// How the runtime calls the code; `None` if it did not say.
    pub handler: Option<Arc<str>>,
    /// The length of all files in bytes, also if the list was requested without code.
    pub code_bytes: u64,
    /// When the function was first uploaded.
    pub created_at: Timestamp,
    /// When the function was last changed.
    pub updated_at: Timestamp,
    /// The current version.
    pub version: u32,
    /// Whether the function accepts executions.
    pub status: FunctionStatus,
    /// The settings of its executions.
    pub config: FunctionConfig,
    /// The variables and secrets in `context.env`.
    pub environment: Arc<Environment>,
    /// The price tier that its code and timeout put it in.
    pub tier: Tier,
    /// The names for its versions.
    pub aliases: Arc<Aliases>,
}

impl FunctionSummary {
    /// The summary of `function`, with or without its code. A store that did not read the code sets
    /// [`code_bytes`](Self::code_bytes) itself.
    pub fn new(function: Function, with_code: bool) -> Self {
        Self {
            code_bytes: function.code_bytes() as u64,
            id: function.id,
            name: function.name,
            description: function.description,
            code: with_code.then_some(function.code),
            language: function.language,
            modules: function.modules.filter(|_| with_code),
            handler: function.handler,
            created_at: function.created_at,
            updated_at: function.updated_at,
            version: function.version,
            status: function.status,
            config: function.config,
            environment: function.environment,
            tier: function.tier,
            aliases: function.aliases,
        }
    }

    /// Its approximate size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        let code = self.code.as_ref().map_or(0, |code| code.len())
            + self.modules.as_ref().map_or(0, |modules| modules.bytes());
        let bindings = self.config.bindings.iter().flat_map(|names| names.iter());
        let bindings: usize = bindings.map(|name| name.len() + 16).sum();
        let kv = self.config.kv.as_ref().map_or(0, |kv| kv.bytes());
        let tool = self.config.tool.as_ref().map_or(0, |tool| tool.bytes());
        let texts = self.name.len() + self.description.len() + bindings + kv + tool;
        512 + texts + code + self.environment.bytes()
    }
}

/// How many functions there are, by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionCounts {
    /// Functions that accept executions.
    pub active: u64,
    /// Functions that refuse new executions.
    pub inactive: u64,
}

/// An execution in a list. It dereferences to the [`Execution`], in which the parts that
/// [`left_out`](Self::left_out) names are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedExecution {
    /// The execution.
    pub execution: Arc<Execution>,
    /// The parts that are left out.
    pub left_out: LeftOut,
}

/// The parts of an execution that a list left out, because the list would have become too large.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The input is `null` instead.
    pub input: bool,
    /// The output is `None` instead.
    pub output: bool,
    /// The logs are empty instead.
    pub logs: bool,
    /// The attempts are empty instead.
    pub attempts: bool,
}

impl LeftOut {
    /// Whether nothing is left out.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The names of the parts: `input`, `output`, `logs`, `attempts`.
    pub fn names(self) -> Vec<&'static str> {
        let parts = [
            (self.input, "input"),
            (self.output, "output"),
            (self.logs, "logs"),
            (self.attempts, "attempts"),
        ];
        let left_out = parts.into_iter().filter(|(is_left_out, _)| *is_left_out);
        left_out.map(|(_, name)| name).collect()
    }
}

impl Deref for ListedExecution {
    type Target = Execution;

    fn deref(&self) -> &Execution {
        &self.execution
    }
}

impl From<Execution> for ListedExecution {
    /// All of `execution`.
    fn from(execution: Execution) -> Self {
        Arc::new(execution).into()
    }
}

impl From<Arc<Execution>> for ListedExecution {
    /// All of `execution`.
    fn from(execution: Arc<Execution>) -> Self {
        let left_out = LeftOut::default();
        Self {
            execution,
            left_out,
        }
    }
}

impl PartialEq<Execution> for ListedExecution {
    /// Whether nothing is left out and the execution equals `other`.
    fn eq(&self, other: &Execution) -> bool {
        self.left_out.is_nothing() && *self.execution == *other
    }
}
