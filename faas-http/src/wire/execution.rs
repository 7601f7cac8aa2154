//! Executions.

use faas_core::cost::Cost;
use faas_core::model::{
    Attempt, Execution, ExecutionId, FunctionId, FunctionLabel, InstanceId, Json, LogLine,
    Timestamp,
};
use serde::Serialize;

use super::number::Thousandths;
use super::{Dollars, Millis, Text};

/// An execution. `F` is how it names its function: an id, or a [`FunctionRef`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionBody<'a, F> {
    #[serde(rename = "_id")]
    id: Text<ExecutionId>,
    function_id: F,
    function_version: u32,
    input: &'a Json,
    output: Option<&'a Json>,
    status: &'static str,
    start_time: Text<Timestamp>,
    end_time: Option<Text<Timestamp>>,
    duration: Option<Millis>,
    error: Option<&'a str>,
    error_kind: Option<&'static str>,
    stack: Option<&'a str>,
    retry_count: u32,
    retry_of: Option<Text<ExecutionId>>,
    instance_id: Option<&'a str>,
    cost: CostBody,
    created_at: Text<Timestamp>,
    queue_time: Option<Millis>,
    cold_start: bool,
    logs: Vec<LogBody<'a>>,
    attempts: Vec<AttemptBody<'a>>,
}

impl<'a> From<&'a Execution> for ExecutionBody<'a, Text<FunctionId>> {
    fn from(execution: &'a Execution) -> Self {
        Self::new(execution, Text(execution.function_id))
    }
}

impl<'a, F> ExecutionBody<'a, F> {
    /// The execution, with `function` as its function.
    pub(crate) fn new(execution: &'a Execution, function: F) -> Self {
        let failure = execution.failure.as_ref();
        Self {
            id: Text(execution.id),
            function_id: function,
            function_version: execution.function_version,
            input: &execution.input,
            output: execution.output.as_ref(),
            status: execution.status.as_str(),
            start_time: Text(execution.start_time.unwrap_or(execution.created_at)),
            end_time: execution.end_time.map(Text),
            duration: (!execution.attempts.is_empty()).then_some(Millis(execution.duration)),
            error: failure.map(|failure| failure.message.as_str()),
            error_kind: failure.map(|failure| failure.kind.as_str()),
            stack: failure.and_then(|failure| failure.stack.as_deref()),
            retry_count: execution.retry_count,
            retry_of: execution.retry_of.map(Text),
            instance_id: execution.instance_id.as_ref().map(InstanceId::as_str),
            cost: CostBody::from(&execution.cost),
            created_at: Text(execution.created_at),
            queue_time: execution.queue_time().map(Millis),
            cold_start: execution.cold_start,
            logs: execution.logs.iter().map(LogBody::from).collect(),
            attempts: execution.attempts.iter().map(AttemptBody::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct LogBody<'a> {
    level: &'static str,
    message: &'a str,
    timestamp: Text<Timestamp>,
}

impl<'a> From<&'a LogLine> for LogBody<'a> {
    fn from(line: &'a LogLine) -> Self {
        Self {
            level: line.level.as_str(),
            message: &line.message,
            timestamp: Text(line.at),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptBody<'a> {
    start_time: Text<Timestamp>,
    duration: Millis,
    error: Option<&'a str>,
    instance_id: Option<&'a str>,
    cold_start: bool,
}

impl<'a> From<&'a Attempt> for AttemptBody<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            start_time: Text(attempt.start_time),
            duration: Millis(attempt.duration),
            error: attempt.failure.as_ref().map(|f| f.message.as_str()),
            instance_id: attempt.instance_id.as_ref().map(InstanceId::as_str),
            cold_start: attempt.cold_start,
        }
    }
}

/// What an execution costs, by part.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostBody {
    tier: &'static str,
    base_cost: Dollars,
    cold_start_cost: Dollars,
    retry_cost: Dollars,
    data_transfer_cost: Dollars,
    total_cost: Dollars,
    resource_usage: ResourceUsage,
}

impl From<&Cost> for CostBody {
    fn from(cost: &Cost) -> Self {
        Self {
            tier: cost.tier.as_str(),
            base_cost: Dollars(cost.base),
            cold_start_cost: Dollars(cost.cold_start),
            retry_cost: Dollars(cost.retry),
            data_transfer_cost: Dollars(cost.data_transfer),
            total_cost: Dollars(cost.total()),
            resource_usage: ResourceUsage::from(cost),
        }
    }
}

/// What a tier gives.
#[derive(Serialize)]
pub(crate) struct ResourceUsage {
    #[serde(rename = "memoryMB")]
    memory_mb: u32,
    #[serde(rename = "cpuCores")]
    cpu_cores: Thousandths,
}

impl From<&Cost> for ResourceUsage {
    fn from(cost: &Cost) -> Self {
        Self {
            memory_mb: cost.memory_mb,
            cpu_cores: Thousandths(cost.cpu_millis),
        }
    }
}

/// A function in place of its id.
#[derive(Serialize)]
pub(crate) struct FunctionRef<'a> {
    #[serde(rename = "_id")]
    id: Text<FunctionId>,
    name: &'a str,
    description: &'a str,
}

impl<'a> FunctionRef<'a> {
    /// The function `id` as its label has it; without names where there is no label.
    pub(crate) fn new(id: FunctionId, label: Option<&'a FunctionLabel>) -> Self {
        Self {
            id: Text(id),
            name: label.map_or("", |label| &label.name),
            description: label.map_or("", |label| &label.description),
        }
    }
}

/// An execution was accepted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    pub(crate) execution_id: Text<ExecutionId>,
    pub(crate) status: &'static str,
    pub(crate) message: &'static str,
}

/// A failed execution was accepted again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retried {
    pub(crate) execution_id: Text<ExecutionId>,
    pub(crate) retry_of: Text<ExecutionId>,
    pub(crate) status: &'static str,
    pub(crate) message: &'static str,
}

/// A page of executions, and where the next one begins.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionPage<'a> {
    pub(crate) executions: Vec<ExecutionBody<'a, Text<FunctionId>>>,
    pub(crate) next_cursor: Option<Text<ExecutionId>>,
}
