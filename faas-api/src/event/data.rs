//! The `data` of each type of message.

use std::borrow::Cow;

use faas_core::cost::Usage;
use faas_core::events::{LiveMetrics, RefusedRequest};
use faas_core::model::{self, Json};
use serde::{Deserialize, Serialize};

use crate::execution::ResourceUsage;
use crate::number::{Dollars, Millis};
use crate::scalar::{ExecutionKey, FunctionKey, Moment, Text, Word};
use crate::words::{ErrorKind, ExecutionStatus, ScalingAction, Tier};

/// An attempt began to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Started {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its function.
    pub function_id: FunctionKey,
    /// `running`
    pub status: ExecutionStatus,
}

/// An execution returned a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Completed {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its function.
    pub function_id: FunctionKey,
    /// `completed`
    pub status: ExecutionStatus,
    /// The run time of all attempts.
    pub duration: Millis,
    /// What it returned.
    pub output: Option<Json>,
    /// What it cost.
    pub cost: EventCost,
}

impl From<&model::Execution> for Completed {
    fn from(execution: &model::Execution) -> Self {
        Self {
            execution_id: Text(execution.id),
            function_id: Text(execution.function_id),
            status: Word(execution.status),
            duration: Millis(execution.duration),
            output: execution.output.clone(),
            cost: EventCost::from(execution),
        }
    }
}

/// An attempt failed, and another will follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Retry {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its function.
    pub function_id: FunctionKey,
    /// The number of retries, with the one announced.
    pub retry_count: u32,
    /// How long until it is due.
    pub delay: Millis,
}

/// A rule refused a request of a function's code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestRefused<'a> {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its function.
    pub function_id: FunctionKey,
    /// The method.
    pub method: Cow<'a, str>,
    /// The host; empty if the URL is not valid.
    pub host: Cow<'a, str>,
    /// The port; 0 if the URL is not valid.
    pub port: u16,
    /// Whose rule it was: `server` or `function`.
    pub refused_by: Cow<'a, str>,
    /// Which rule, and why.
    pub reason: Cow<'a, str>,
    /// How many requests of the function were refused since its last such message, besides this one.
    pub more: u64,
}

impl<'a> From<&'a RefusedRequest> for RequestRefused<'a> {
    fn from(refused: &'a RefusedRequest) -> Self {
        Self {
            execution_id: Text(refused.execution_id),
            function_id: Text(refused.function_id),
            method: Cow::Borrowed(&refused.method),
            host: Cow::Borrowed(&refused.host),
            port: refused.port,
            refused_by: Cow::Borrowed(refused.by.as_str()),
            reason: Cow::Borrowed(&refused.reason),
            more: refused.more,
        }
    }
}

/// An execution failed for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Failed<'a> {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its function.
    pub function_id: FunctionKey,
    /// `failed`
    pub status: ExecutionStatus,
    /// Why.
    pub error: Option<Cow<'a, str>>,
    /// The kind of its failure.
    pub error_kind: Option<ErrorKind>,
    /// How many retries it had.
    pub retry_count: u32,
    /// The run time of all attempts.
    pub duration: Millis,
    /// What it cost.
    pub cost: EventCost,
}

impl<'a> From<&'a model::Execution> for Failed<'a> {
    fn from(execution: &'a model::Execution) -> Self {
        let failure = execution.failure.as_ref();
        Self {
            execution_id: Text(execution.id),
            function_id: Text(execution.function_id),
            status: Word(execution.status),
            error: failure.map(|failure| Cow::Borrowed(failure.message.as_str())),
            error_kind: failure.map(|failure| Word(failure.kind)),
            retry_count: execution.retry_count,
            duration: Millis(execution.duration),
            cost: EventCost::from(execution),
        }
    }
}

/// What an execution costs, with what it is billed for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventCost {
    /// The tier that it is priced in.
    pub tier: Tier,
    /// The run time of all attempts.
    pub duration: Millis,
    /// Started units of 100 ms, which are billed.
    #[serde(rename = "durationIn100ms")]
    pub duration_in_100ms: u64,
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

impl From<&model::Execution> for EventCost {
    fn from(execution: &model::Execution) -> Self {
        let cost = &execution.cost;
        Self {
            tier: Word(cost.tier),
            duration: Millis(execution.duration),
            duration_in_100ms: Usage::of(execution).units,
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

/// Capacity changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Scaled<'a> {
    /// The direction.
    pub action: ScalingAction,
    /// The number of instances after it.
    pub instance_count: u32,
    /// Why, in words.
    pub reason: Cow<'a, str>,
    /// When.
    pub timestamp: Moment,
    /// The function that caused it, where it was one.
    pub function_id: Option<FunctionKey>,
}

impl<'a> From<&'a model::ScalingEvent> for Scaled<'a> {
    fn from(event: &'a model::ScalingEvent) -> Self {
        Self {
            action: Word(event.action),
            instance_count: event.instance_count,
            reason: Cow::Borrowed(&event.reason),
            timestamp: Moment(event.at),
            function_id: event.function_id.map(Text),
        }
    }
}

/// What the server does now and did in the last second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Metrics {
    /// Executions that wait for an instance.
    pub queued: usize,
    /// Executions that run.
    pub running: usize,
    /// Executions that have begun and hold no instance, because their code waits.
    pub waiting: usize,
    /// The number of instances.
    pub instances: usize,
    /// Executions that completed in the last second.
    pub completed: u64,
    /// Executions that failed in the last second.
    pub failed: u64,
    /// Cold starts in the last second.
    pub cold_starts: u64,
    /// The median run time of the last minute.
    pub p50: Millis,
    /// The 95th percentile.
    pub p95: Millis,
    /// The 99th percentile.
    pub p99: Millis,
    /// Isolates that are kept warm.
    pub warm_isolates: usize,
}

impl From<&LiveMetrics> for Metrics {
    fn from(metrics: &LiveMetrics) -> Self {
        Self {
            queued: metrics.queued,
            running: metrics.running,
            waiting: metrics.waiting,
            instances: metrics.instances,
            completed: metrics.completed,
            failed: metrics.failed,
            cold_starts: metrics.cold_starts,
            p50: Millis(metrics.p50),
            p95: Millis(metrics.p95),
            p99: Millis(metrics.p99),
            warm_isolates: metrics.warm_isolates,
        }
    }
}

/// Events were dropped because the client was slow, or came back late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gap {
    /// The first that is missing.
    pub from: u64,
    /// The last that is missing.
    pub to: u64,
}

/// Why a client's message was refused, as errors of the HTTP API have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused<'a> {
    /// The same as `error`.
    pub message: Cow<'a, str>,
    /// For people.
    pub error: Cow<'a, str>,
    /// For programs.
    pub code: Cow<'a, str>,
}
