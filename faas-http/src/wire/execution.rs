//! Executions.

use std::borrow::Cow;

use faas_core::model::Cost;
use faas_core::model::{
    Attempt, Execution, FunctionId, FunctionLabel, InstanceId, Json, ListedExecution, LogLine,
};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::number::Thousandths;
use super::{Dollars, ExecutionKey, FunctionKey, Millis, Moment, Text};
use crate::openapi::{NamedSchema, words};

/// An execution.
//
// `F` is how it names its function: an id, or a `FunctionRef`.
#[derive(Serialize, ToSchema)]
#[schema(as = Execution)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionBody<'a, F> {
    #[serde(rename = "_id")]
    id: ExecutionKey,
    function_id: F,
    function_version: u32,
    #[schema(value_type = serde_json::Value)]
    input: &'a Json,
    #[schema(value_type = serde_json::Value, required)]
    output: Option<&'a Json>,
    #[schema(value_type = words::ExecutionStatus)]
    status: &'static str,
    start_time: Moment,
    #[schema(required)]
    end_time: Option<Moment>,
    #[schema(required)]
    duration: Option<Millis>,
    #[schema(required)]
    error: Option<&'a str>,
    #[schema(value_type = Option<words::ErrorKind>, required)]
    error_kind: Option<&'static str>,
    #[schema(required)]
    stack: Option<&'a str>,
    retry_count: u32,
    #[schema(required)]
    retry_of: Option<ExecutionKey>,
    #[schema(required)]
    instance_id: Option<&'a str>,
    cost: CostBody,
    created_at: Moment,
    #[schema(required)]
    queue_time: Option<Millis>,
    cold_start: bool,
    logs: Vec<LogBody<'a>>,
    attempts: Vec<AttemptBody<'a>>,
    /// What a list has left out because it would have become too long: `input`, `output`, `logs`,
    /// `attempts`. They can be read with the execution itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<words::ExecutionPart>>)]
    truncated: Option<Vec<&'static str>>,
}

/// An execution that names its function by its id.
pub(crate) type PlainExecution<'a> = ExecutionBody<'a, FunctionKey>;

/// The schema of the newest executions with their functions.
#[derive(ToSchema)]
#[expect(dead_code, reason = "never made: it describes")]
pub(crate) struct NamedExecutions {
    success: bool,
    data: Vec<NamedExecution>,
}

/// The schema of an execution with its function's names.
pub(crate) enum NamedExecution {}

impl PartialSchema for NamedExecution {
    fn schema() -> RefOr<Schema> {
        ExecutionBody::<FunctionRef<'_>>::schema()
    }
}

impl ToSchema for NamedExecution {
    fn name() -> Cow<'static, str> {
        "NamedExecution".into()
    }

    fn schemas(schemas: &mut Vec<NamedSchema>) {
        schemas.push((FunctionRef::name().into_owned(), FunctionRef::schema()));
        FunctionRef::schemas(schemas);
        ExecutionBody::<FunctionRef<'_>>::schemas(schemas);
    }
}

impl<'a> From<&'a Execution> for PlainExecution<'a> {
    fn from(execution: &'a Execution) -> Self {
        Self::new(execution, Text(execution.function_id))
    }
}

impl<'a> From<&'a ListedExecution> for PlainExecution<'a> {
    fn from(listed: &'a ListedExecution) -> Self {
        Self::listed(listed, Text(listed.function_id))
    }
}

impl<'a, F> ExecutionBody<'a, F> {
    /// The execution as a list has it, with `function` as its function.
    pub(crate) fn listed(listed: &'a ListedExecution, function: F) -> Self {
        let left_out = listed.left_out;
        Self {
            truncated: (!left_out.is_nothing()).then(|| left_out.names()),
            // It ran, also where its attempts are left out.
            duration: (left_out.attempts || !listed.attempts.is_empty())
                .then_some(Millis(listed.duration)),
            ..Self::new(listed, function)
        }
    }

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
            truncated: None,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = LogLine)]
struct LogBody<'a> {
    #[schema(value_type = words::LogLevel)]
    level: &'static str,
    message: &'a str,
    timestamp: Moment,
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

#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
#[serde(rename_all = "camelCase")]
struct AttemptBody<'a> {
    start_time: Moment,
    duration: Millis,
    #[schema(required)]
    error: Option<&'a str>,
    #[schema(value_type = Option<words::ErrorKind>, required)]
    error_kind: Option<&'static str>,
    #[schema(required)]
    instance_id: Option<&'a str>,
    cold_start: bool,
}

impl<'a> From<&'a Attempt> for AttemptBody<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            start_time: Text(attempt.start_time),
            duration: Millis(attempt.duration),
            error: attempt.failure.as_ref().map(|f| f.message.as_str()),
            error_kind: attempt.failure.as_ref().map(|f| f.kind.as_str()),
            instance_id: attempt.instance_id.as_ref().map(InstanceId::as_str),
            cold_start: attempt.cold_start,
        }
    }
}

/// What an execution costs, by part.
#[derive(Serialize, ToSchema)]
#[schema(as = ExecutionCost)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostBody {
    #[schema(value_type = words::Tier)]
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
#[derive(Serialize, ToSchema)]
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
#[derive(Serialize, ToSchema)]
pub(crate) struct FunctionRef<'a> {
    #[serde(rename = "_id")]
    id: FunctionKey,
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
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    pub(crate) execution_id: ExecutionKey,
    #[schema(value_type = words::ExecutionStatus)]
    pub(crate) status: &'static str,
    pub(crate) message: &'static str,
}

/// A failed execution was accepted again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Retried {
    pub(crate) execution_id: ExecutionKey,
    pub(crate) retry_of: ExecutionKey,
    #[schema(value_type = words::ExecutionStatus)]
    pub(crate) status: &'static str,
    pub(crate) message: &'static str,
}

/// A page of executions, and where the next one begins.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionPage<'a> {
    pub(crate) executions: Vec<PlainExecution<'a>>,
    #[schema(required)]
    pub(crate) next_cursor: Option<ExecutionKey>,
}
