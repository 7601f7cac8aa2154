//! What clients are told over the WebSocket, and what they say.

use std::borrow::Cow;

use faas_core::cost::Usage;
use faas_core::events::{EventKind, LiveMetrics, Position};
use faas_core::model::{self, Json};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::error::ErrorBody;
use crate::execution::ResourceUsage;
use crate::load_test::LoadTest;
use crate::number::{Dollars, Millis};
use crate::scalar::{ExecutionKey, FunctionKey, Moment, Text, Word};
use crate::words::{ErrorKind, ExecutionStatus, ScalingAction, Tier};

/// A message from the server: `{"type", "data", "timestamp", "seq", "epoch"}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Message<'a> {
    /// What it is about: one of [`EVENT_TYPES`], `gap` or `error`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// What happened.
    pub data: EventData<'a>,
    /// When.
    pub timestamp: Moment,
    /// Its place in the stream; errors have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The start of the server; `seq` counts from it.
    pub epoch: u64,
}

impl<'a> Message<'a> {
    /// A message at a place in the stream.
    pub fn new(
        kind: &'a str,
        data: EventData<'a>,
        timestamp: model::Timestamp,
        Position { epoch, seq }: Position,
    ) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            data,
            timestamp: Moment(timestamp),
            seq: Some(seq),
            epoch,
        }
    }

    /// The message that the events `from..=to` were dropped. Its `seq` is `to`, so that a client
    /// which resumes from the last `seq` it saw does not ask for them again.
    pub fn gap(from: u64, to: u64, timestamp: model::Timestamp, epoch: u64) -> Self {
        let gap = EventData::Gap(Gap { from, to });
        Self::new("gap", gap, timestamp, Position { epoch, seq: to })
    }

    /// The message that a client's message was refused.
    pub fn error(error: ErrorBody<'a>, timestamp: model::Timestamp, epoch: u64) -> Self {
        let message = error.error.clone();
        Self {
            kind: Cow::Borrowed("error"),
            data: EventData::Error(Refused {
                message,
                error: error.error,
                code: error.code,
            }),
            timestamp: Moment(timestamp),
            seq: None,
            epoch,
        }
    }
}

impl<'de> Deserialize<'de> for Message<'_> {
    /// Reads a message; one of a type that is not known here has [`EventData::Unknown`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(rename = "type")]
            kind: String,
            data: Box<RawValue>,
            timestamp: Moment,
            seq: Option<u64>,
            epoch: u64,
        }

        fn data<'de, T: Deserialize<'de>, E: serde::de::Error>(raw: &'de str) -> Result<T, E> {
            serde_json::from_str(raw).map_err(E::custom)
        }

        let raw = Raw::deserialize(deserializer)?;
        let text = raw.data.get();
        let data = match raw.kind.as_str() {
            "execution_started" => EventData::Started(data(text)?),
            "execution_completed" => EventData::Completed(data(text)?),
            "execution_retry" => EventData::Retry(data(text)?),
            "execution_failed" => EventData::Failed(data(text)?),
            "scaling_event" => EventData::Scaling(data(text)?),
            "metrics" => EventData::Metrics(data(text)?),
            "load_test_progress" | "load_test_finished" => EventData::LoadTest(data(text)?),
            "gap" => EventData::Gap(data(text)?),
            "error" => EventData::Error(data(text)?),
            _ => EventData::Unknown(Json::parse(text.to_owned()).map_err(D::Error::custom)?),
        };
        Ok(Self {
            kind: Cow::Owned(raw.kind),
            data,
            timestamp: raw.timestamp,
            seq: raw.seq,
            epoch: raw.epoch,
        })
    }
}

/// The types that can be subscribed to.
pub const EVENT_TYPES: [&str; 8] = [
    "execution_started",
    "execution_completed",
    "execution_retry",
    "execution_failed",
    "scaling_event",
    "metrics",
    "load_test_progress",
    "load_test_finished",
];

/// The type of the message about an event; `None` for an event that clients are not told of.
pub const fn event_type(kind: &EventKind) -> Option<&'static str> {
    Some(match kind {
        EventKind::Started { .. } => "execution_started",
        EventKind::Completed(_) => "execution_completed",
        EventKind::Retry { .. } => "execution_retry",
        EventKind::Failed(_) => "execution_failed",
        EventKind::Scaling(_) => "scaling_event",
        EventKind::Metrics(_) => "metrics",
        EventKind::LoadTestProgress(_) => "load_test_progress",
        EventKind::LoadTestFinished(_) => "load_test_finished",
        _ => return None,
    })
}

/// The `data` of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum EventData<'a> {
    /// `execution_started`
    Started(Started),
    /// `execution_completed`
    Completed(Completed),
    /// `execution_retry`
    Retry(Retry),
    /// `execution_failed`
    Failed(Failed<'a>),
    /// `scaling_event`
    Scaling(Scaled<'a>),
    /// `metrics`
    Metrics(Metrics),
    /// `load_test_progress` and `load_test_finished`
    LoadTest(Box<LoadTest<'a>>),
    /// `gap`
    Gap(Gap),
    /// `error`
    Error(Refused<'a>),
    /// Of a type that this version does not know.
    Unknown(Json),
}

impl<'a> EventData<'a> {
    /// What clients are told of an event; `None` for one that they are not told of.
    pub fn of(kind: &'a EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Started {
                execution_id,
                function_id,
            } => Self::Started(Started {
                execution_id: Text(*execution_id),
                function_id: Text(*function_id),
                status: Word(model::Status::Running),
            }),
            EventKind::Completed(execution) => Self::Completed(Completed::from(&**execution)),
            EventKind::Retry {
                execution_id,
                function_id,
                retry_count,
                delay,
            } => Self::Retry(Retry {
                execution_id: Text(*execution_id),
                function_id: Text(*function_id),
                retry_count: *retry_count,
                delay: Millis(*delay),
            }),
            EventKind::Failed(execution) => Self::Failed(Failed::from(&**execution)),
            EventKind::Scaling(event) => Self::Scaling(Scaled::from(&**event)),
            EventKind::Metrics(metrics) => Self::Metrics(Metrics::from(&**metrics)),
            EventKind::LoadTestProgress(test) => Self::LoadTest(Box::new(LoadTest::progress(test))),
            EventKind::LoadTestFinished(test) => Self::LoadTest(Box::new(LoadTest::from(&**test))),
            _ => return None,
        })
    }
}

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
    /// Input plus output.
    pub data_transfer_cost: Dollars,
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

/// A message from a client that narrows or resumes the stream. It replaces the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Subscribe {
    /// `subscribe`
    #[serde(rename = "type")]
    pub kind: SubscribeType,
    /// Only these types, out of [`EVENT_TYPES`]; absent or null: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Only what is about this function; absent or null: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_id: Option<FunctionKey>,
    /// Where to resume; absent or null: go on from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// The type of a [`Subscribe`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscribeType {
    /// `subscribe`
    #[default]
    Subscribe,
}

/// A place in the stream: the last message that the client saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The server's start.
    #[serde(deserialize_with = "crate::read::value::required_whole")]
    pub epoch: u64,
    /// The place.
    #[serde(deserialize_with = "crate::read::value::required_whole")]
    pub seq: u64,
}

impl From<Since> for Position {
    fn from(Since { epoch, seq }: Since) -> Self {
        Self { epoch, seq }
    }
}
