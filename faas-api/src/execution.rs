//! Executions.

use std::borrow::Cow;

use faas_core::model::{self, FunctionId, FunctionLabel, InstanceId, Json, ListedExecution};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::number::{Cores, Dollars, Millis};
use crate::read::value;
use crate::scalar::{ExecutionKey, FunctionKey, Moment, Text, Word};
use crate::words::{ErrorKind, ExecutionPart, ExecutionStatus, LogLevel, Part, Tier};

/// An execution. `F` is how it names its function: by its id, or by a [`FunctionRef`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Execution))]
#[non_exhaustive]
pub struct Execution<'a, F = FunctionKey> {
    /// Its id. Ids sort by the time of acceptance.
    #[serde(rename = "_id")]
    pub id: ExecutionKey,
    /// The function.
    pub function_id: F,
    /// The version of the function that it runs.
    pub function_version: u32,
    /// What the function is called with.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub input: Json,
    /// What it returned.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value, required))]
    pub output: Option<Json>,
    /// Its state.
    pub status: ExecutionStatus,
    /// When its first attempt started, or until then when it was accepted.
    pub start_time: Moment,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub end_time: Option<Moment>,
    /// The run time of all its attempts.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub duration: Option<Millis>,
    /// The processor time of all its attempts; null until one has ended, and where a list has left
    /// out the attempts.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub cpu_time: Option<Millis>,
    /// The operations on keys and values of all its attempts, without those that failed; left out
    /// where there were none, and where a list has left out the attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub kv: Option<KvOperations>,
    /// Why it failed.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<Cow<'a, str>>,
    /// The kind of its failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error_kind: Option<ErrorKind>,
    /// The JavaScript stack of its failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub stack: Option<Cow<'a, str>>,
    /// How many retries it has had.
    pub retry_count: u32,
    /// The execution that it repeats.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub retry_of: Option<ExecutionKey>,
    /// Its priority among the executions of its function; left out where it is 0.
    #[serde(default, skip_serializing_if = "value::is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = -100, maximum = 100))]
    pub priority: i8,
    /// Of those of its function with this key, only so many run at a time; left out where there is
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub concurrency_key: Option<Cow<'a, str>>,
    /// While it has not ended, no other of its function with this key is accepted; left out where
    /// there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub singleton_key: Option<Cow<'a, str>>,
    /// The instance of its latest attempt.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub instance_id: Option<Cow<'a, str>>,
    /// Its price; zero until it has ended.
    pub cost: ExecutionCost,
    /// When it was accepted.
    pub created_at: Moment,
    /// How long it waited for its first attempt.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub queue_time: Option<Millis>,
    /// Whether an isolate had to be made for it.
    pub cold_start: bool,
    /// The console of all attempts.
    pub logs: Vec<LogLine<'a>>,
    /// The attempts that have ended.
    pub attempts: Vec<Attempt<'a>>,
    /// The host calls that have ended, in the order in which they ended; at most 1000. Always empty
    /// in a list.
    pub host_calls: Vec<HostCall<'a>>,
    /// How many host calls there were, with those that `hostCalls` does not have.
    pub host_call_count: u64,
    /// The SHA-256 of the code in hexadecimal digits, for code that ran once and is not stored; absent
    /// for functions, and where a list has left out the attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub code_hash: Option<String>,
    /// Who called; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub caller: Option<Caller<'a>>,
    /// What a list has left out because it would have become too long. It can be read with the
    /// execution itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub truncated: Option<Vec<ExecutionPart>>,
}

impl<'a> From<&'a model::Execution> for Execution<'a> {
    fn from(execution: &'a model::Execution) -> Self {
        Self::new(execution, Text(execution.function_id))
    }
}

impl<'a> From<&'a ListedExecution> for Execution<'a> {
    fn from(listed: &'a ListedExecution) -> Self {
        Self::listed(listed, Text(listed.function_id))
    }
}

impl<'a, F> Execution<'a, F> {
    /// The execution as a list has it, with `function` as its function.
    pub fn listed(listed: &'a ListedExecution, function: F) -> Self {
        let left_out = listed.left_out;
        Self {
            truncated: (!left_out.is_nothing()).then(|| Part::left_out(left_out)),
            // It ran, also where its attempts are left out.
            duration: (left_out.attempts || !listed.attempts.is_empty())
                .then_some(Millis(listed.duration)),
            ..Self::new(listed, function)
        }
    }

    /// `execution`, with `function` as its function.
    pub fn new(execution: &'a model::Execution, function: F) -> Self {
        let failure = execution.failure.as_ref();
        Self {
            id: Text(execution.id),
            function_id: function,
            function_version: execution.function_version,
            input: execution.input.clone(),
            output: execution.output.clone(),
            status: Word(execution.status),
            start_time: Moment(execution.start_time.unwrap_or(execution.created_at)),
            end_time: execution.end_time.map(Moment),
            duration: (!execution.attempts.is_empty()).then_some(Millis(execution.duration)),
            cpu_time: (!execution.attempts.is_empty()).then(|| Millis(execution.cpu_time())),
            kv: Some(execution.kv())
                .filter(|kv| !kv.is_none())
                .map(KvOperations::from),
            error: failure.map(|failure| Cow::Borrowed(failure.message.as_str())),
            error_kind: failure.map(|failure| Word(failure.kind)),
            stack: failure.and_then(|failure| failure.stack.as_deref().map(Cow::Borrowed)),
            retry_count: execution.retry_count,
            retry_of: execution.retry_of.map(Text),
            priority: execution.queueing.priority,
            concurrency_key: (execution.queueing.concurrency_key.as_deref()).map(Cow::Borrowed),
            singleton_key: (execution.queueing.singleton_key.as_deref()).map(Cow::Borrowed),
            instance_id: instance(execution.instance_id.as_ref()),
            cost: ExecutionCost::from(&execution.cost),
            created_at: Moment(execution.created_at),
            queue_time: execution.queue_time().map(Millis),
            cold_start: execution.cold_start,
            logs: execution.logs.iter().map(LogLine::from).collect(),
            attempts: execution.attempts.iter().map(Attempt::from).collect(),
            host_calls: execution.host_calls.iter().map(HostCall::from).collect(),
            host_call_count: execution.host_call_count(),
            code_hash: (execution.attempts.iter())
                .find_map(|attempt| attempt.code)
                .map(|hash| hash.to_string()),
            caller: execution.caller.as_ref().map(Caller::from),
            truncated: None,
        }
    }
}

fn instance(id: Option<&InstanceId>) -> Option<Cow<'_, str>> {
    id.map(InstanceId::as_str).map(Cow::Borrowed)
}

/// Who called a function: an API key, or a tenant of the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Caller<'a> {
    /// The id of the key, or a text of the host.
    pub id: Cow<'a, str>,
    /// The name of the key, or what the host calls the tenant.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: Option<Cow<'a, str>>,
}

impl<'a> From<&'a model::CallerLabel> for Caller<'a> {
    fn from(caller: &'a model::CallerLabel) -> Self {
        Self {
            id: Cow::Borrowed(&caller.id),
            name: caller.name.as_deref().map(Cow::Borrowed),
        }
    }
}

/// A line that the function wrote to its console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LogLine<'a> {
    /// The console method.
    pub level: LogLevel,
    /// The text.
    pub message: Cow<'a, str>,
    /// When it was written.
    pub timestamp: Moment,
}

impl<'a> From<&'a model::LogLine> for LogLine<'a> {
    fn from(line: &'a model::LogLine) -> Self {
        Self {
            level: Word(line.level),
            message: Cow::Borrowed(&line.message),
            timestamp: Moment(line.at),
        }
    }
}

/// One run of the function for an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// When it started.
    pub start_time: Moment,
    /// How long it ran.
    pub duration: Millis,
    /// The processor time that its code used; 0 where it is not known.
    pub cpu_time: Millis,
    /// Why it failed.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<Cow<'a, str>>,
    /// The kind of its failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error_kind: Option<ErrorKind>,
    /// Where it ran.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub instance_id: Option<Cow<'a, str>>,
    /// Whether an isolate had to be made for it.
    pub cold_start: bool,
}

impl<'a> From<&'a model::Attempt> for Attempt<'a> {
    fn from(attempt: &'a model::Attempt) -> Self {
        let failure = attempt.failure.as_ref();
        Self {
            start_time: Moment(attempt.start_time),
            duration: Millis(attempt.duration),
            cpu_time: Millis(attempt.cpu_time),
            error: failure.map(|failure| Cow::Borrowed(failure.message.as_str())),
            error_kind: failure.map(|failure| Word(failure.kind)),
            instance_id: instance(attempt.instance_id.as_ref()),
            cold_start: attempt.cold_start,
        }
    }
}

/// A call of a host function by the code of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostCall<'a> {
    /// The attempt that made it, from 1.
    pub attempt: u32,
    /// The binding and the function, such as `inventory.reserve`.
    pub name: Cow<'a, str>,
    /// When it began.
    pub start_time: Moment,
    /// How long it took.
    pub duration: Millis,
    /// The length of its argument in bytes.
    pub bytes_in: u64,
    /// The length of its result in bytes.
    pub bytes_out: u64,
    /// The code of its error; null: it succeeded. `ERR_DROPPED`: the attempt ended before it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error: Option<Cow<'a, str>>,
    /// The HTTP request, if `fetch` made the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, value_type = Option<crate::egress::HttpRequest>))]
    pub request: Option<Cow<'a, model::RequestRecord>>,
}

impl<'a> From<&'a model::HostCallRecord> for HostCall<'a> {
    fn from(call: &'a model::HostCallRecord) -> Self {
        Self {
            attempt: call.attempt,
            name: Cow::Borrowed(&call.name),
            start_time: Moment(call.start_time),
            duration: Millis(call.duration),
            bytes_in: call.bytes_in,
            bytes_out: call.bytes_out,
            error: call.error.as_deref().map(Cow::Borrowed),
            request: call.request.as_deref().map(Cow::Borrowed),
        }
    }
}

/// The operations on keys and values of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct KvOperations {
    /// Keys read.
    pub reads: u64,
    /// Keys set, deleted, or compared and set.
    pub writes: u64,
    /// Pages of lists.
    pub lists: u64,
}

impl From<model::KvUsage> for KvOperations {
    fn from(usage: model::KvUsage) -> Self {
        Self {
            reads: usage.reads,
            writes: usage.writes,
            lists: usage.lists,
        }
    }
}

/// What an execution costs, by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ExecutionCost {
    /// The tier that it is priced in.
    pub tier: Tier,
    /// Run time.
    pub base_cost: Dollars,
    /// Cold starts.
    pub cold_start_cost: Dollars,
    /// Retries.
    pub retry_cost: Dollars,
    /// Input plus output, and the bodies of requests that the code made.
    pub data_transfer_cost: Dollars,
    /// Operations on keys and values.
    pub kv_cost: Dollars,
    /// The sum of the parts.
    pub total_cost: Dollars,
    /// What the tier gives.
    pub resource_usage: ResourceUsage,
}

impl From<&model::Cost> for ExecutionCost {
    fn from(cost: &model::Cost) -> Self {
        Self {
            tier: Word(cost.tier),
            base_cost: Dollars(cost.base),
            cold_start_cost: Dollars(cost.cold_start),
            retry_cost: Dollars(cost.retry),
            data_transfer_cost: Dollars(cost.data_transfer),
            kv_cost: Dollars(cost.kv),
            total_cost: Dollars(cost.total()),
            resource_usage: ResourceUsage::from(cost),
        }
    }
}

/// What a tier gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ResourceUsage {
    /// Memory in MiB.
    #[serde(rename = "memoryMB")]
    pub memory_mb: u32,
    /// The share of a processor.
    #[serde(rename = "cpuCores")]
    pub cpu_cores: Cores,
}

impl From<&model::Cost> for ResourceUsage {
    fn from(cost: &model::Cost) -> Self {
        Self {
            memory_mb: cost.memory_mb,
            cpu_cores: Cores {
                thousandths: cost.cpu_millis,
            },
        }
    }
}

/// A function in place of its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FunctionRef<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: FunctionKey,
    /// Its name; empty where it is not known.
    pub name: Cow<'a, str>,
    /// Its description; empty where it is not known.
    pub description: Cow<'a, str>,
}

impl<'a> FunctionRef<'a> {
    /// The function `id` with the names from its label.
    pub fn new(id: FunctionId, label: Option<&'a FunctionLabel>) -> Self {
        Self {
            id: Text(id),
            name: Cow::Borrowed(label.map_or("", |label| &label.name)),
            description: Cow::Borrowed(label.map_or("", |label| &label.description)),
        }
    }
}

/// How to repeat an execution.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RetryRequest<'a> {
    /// The input: any JSON. Null: `{}`. Absent: the input of the execution that is repeated.
    #[serde(
        default,
        borrow,
        deserialize_with = "value::present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
}

impl<'a> RetryRequest<'a> {
    /// With this input.
    pub const fn new(input: &'a RawValue) -> Self {
        Self { input: Some(input) }
    }
}

/// An execution was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Accepted<'a> {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its state.
    pub status: ExecutionStatus,
    /// For people.
    pub message: Cow<'a, str>,
}

impl<'a> Accepted<'a> {
    /// The execution `id` in the state `status`.
    pub fn new(
        id: model::ExecutionId,
        status: model::Status,
        message: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            execution_id: Text(id),
            status: Word(status),
            message: message.into(),
        }
    }
}

/// The repetition of an execution was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Retried<'a> {
    /// The new execution.
    pub execution_id: ExecutionKey,
    /// The execution that it repeats.
    pub retry_of: ExecutionKey,
    /// The state of the new execution.
    pub status: ExecutionStatus,
    /// For people.
    pub message: Cow<'a, str>,
}

impl<'a> Retried<'a> {
    /// The pending execution `id`, which repeats `retry_of`.
    pub fn new(
        id: model::ExecutionId,
        retry_of: model::ExecutionId,
        message: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            execution_id: Text(id),
            retry_of: Text(retry_of),
            status: Word(model::Status::Pending),
            message: message.into(),
        }
    }
}

/// A page of executions, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ExecutionPage<'a> {
    /// The executions, newest first.
    pub executions: Vec<Execution<'a>>,
    /// The `cursor` of the next page; null: this is the last.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<ExecutionKey>,
}

impl<'a> ExecutionPage<'a> {
    /// These executions, with more after `next_cursor`.
    pub const fn new(executions: Vec<Execution<'a>>, next_cursor: Option<ExecutionKey>) -> Self {
        Self {
            executions,
            next_cursor,
        }
    }
}
