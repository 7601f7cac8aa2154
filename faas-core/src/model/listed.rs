//! Functions and executions as lists show them: what is long may be left out.

use std::ops::Deref;
use std::sync::Arc;

use super::{Environment, Execution, Function, FunctionConfig, FunctionId, FunctionStatus};
use super::{Tier, Timestamp};

/// A function in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSummary {
    /// Its id, through all versions.
    pub id: FunctionId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is for, in words.
    pub description: Arc<str>,
    /// Its code; `None` if the list was asked for without code.
    pub code: Option<Arc<str>>,
    /// When it was uploaded first.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Its current version.
    pub version: u32,
    /// Whether it takes executions.
    pub status: FunctionStatus,
    /// How to run it.
    pub config: FunctionConfig,
    /// What its code finds in `context.env`.
    pub environment: Arc<Environment>,
    /// The price tier that its code and timeout put it in.
    pub tier: Tier,
}

impl FunctionSummary {
    /// The summary of `function`, with its code or without.
    pub fn new(function: Function, with_code: bool) -> Self {
        let tier = function.tier();
        Self {
            id: function.id,
            name: function.name,
            description: function.description,
            code: with_code.then_some(function.code),
            created_at: function.created_at,
            updated_at: function.updated_at,
            version: function.version,
            status: function.status,
            config: function.config,
            environment: function.environment,
            tier,
        }
    }

    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let code = self.code.as_ref().map_or(0, |code| code.len());
        512 + self.name.len() + self.description.len() + code + self.environment.bytes()
    }
}

/// How many functions there are, by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionCounts {
    /// Those that take executions.
    pub active: u64,
    /// Those that do not.
    pub inactive: u64,
}

/// An execution in a list. It dereferences to the [`Execution`], in which the parts that
/// [`left_out`](Self::left_out) names are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedExecution {
    /// The execution.
    pub execution: Arc<Execution>,
    /// What of it is left out.
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
    /// Whether it is all of `other`.
    fn eq(&self, other: &Execution) -> bool {
        self.left_out.is_nothing() && *self.execution == *other
    }
}
