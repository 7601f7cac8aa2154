//! What clients are told: `{"type", "data", "timestamp", "seq", "epoch"}`. The JSON shapes are known
//! here and nowhere else.

#[cfg(test)]
mod fixtures;
mod load_test;

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use faas_core::events::{Event, EventKind, LiveMetrics};
use faas_core::model::Cost;
use faas_core::model::{
    Execution, ExecutionId, FunctionId, Json, NanoDollars, ScalingEvent, Timestamp,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use load_test::LoadTestBody;

/// The types that can be subscribed to.
pub(crate) const TYPES: [&str; 8] = [
    "execution_started",
    "execution_completed",
    "execution_retry",
    "execution_failed",
    "scaling_event",
    "metrics",
    "load_test_progress",
    "load_test_finished",
];

/// The type that an event is told as; `None` for one that this front end does not know.
pub(crate) fn type_of(kind: &EventKind) -> Option<&'static str> {
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

/// The message for `event`, made once for all clients; `None` for one that is not told.
pub(crate) fn encoded(event: &Event, epoch: u64) -> Option<Bytes> {
    let kind = type_of(&event.kind)?;
    let bytes = event.encoded.get_or_init(|| {
        let data = Data::from(&event.kind);
        encode(kind, &data, event.at, Some(event.seq), epoch)
    });
    Some(bytes.clone())
}

/// The message that the events `from..=to` were dropped. Its `seq` is `to`, so that a client which
/// resumes from the last `seq` it saw does not ask for them again.
pub(crate) fn gap(from: u64, to: u64, now: Timestamp, epoch: u64) -> Bytes {
    #[derive(Serialize)]
    struct Gap {
        from: u64,
        to: u64,
    }
    encode("gap", &Gap { from, to }, now, Some(to), epoch)
}

/// The message that a client's message was not understood. It is no event and has no `seq`.
pub(crate) fn error(message: &str, now: Timestamp, epoch: u64) -> Bytes {
    #[derive(Serialize)]
    struct Error<'a> {
        message: &'a str,
    }
    encode("error", &Error { message }, now, None, epoch)
}

fn encode(
    kind: &'static str,
    data: &impl Serialize,
    at: Timestamp,
    seq: Option<u64>,
    epoch: u64,
) -> Bytes {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        #[serde(rename = "type")]
        kind: &'static str,
        data: &'a T,
        timestamp: Text<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        epoch: u64,
    }
    let envelope = Envelope {
        kind,
        data,
        timestamp: Text(at),
        seq,
        epoch,
    };
    match serde_json::to_vec(&envelope) {
        Ok(bytes) => bytes.into(),
        // Only an output that a store did not keep whole can be what is no JSON.
        Err(cause) => {
            tracing::error!(%cause, kind, "an event cannot be written");
            Bytes::from_static(br#"{"type":"error","data":{"message":"an event was lost"}}"#)
        }
    }
}

/// The `data` of an event.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    #[serde(rename_all = "camelCase")]
    Started {
        execution_id: Text<ExecutionId>,
        function_id: Text<FunctionId>,
        status: &'static str,
    },
    #[serde(rename_all = "camelCase")]
    Completed {
        execution_id: Text<ExecutionId>,
        function_id: Text<FunctionId>,
        status: &'static str,
        duration: Millis,
        output: Option<&'a Json>,
        cost: CostBody,
    },
    #[serde(rename_all = "camelCase")]
    Retry {
        execution_id: Text<ExecutionId>,
        function_id: Text<FunctionId>,
        retry_count: u32,
        delay: Millis,
    },
    #[serde(rename_all = "camelCase")]
    Failed {
        execution_id: Text<ExecutionId>,
        function_id: Text<FunctionId>,
        status: &'static str,
        error: Option<&'a str>,
        error_kind: Option<&'static str>,
        retry_count: u32,
        duration: Millis,
        cost: CostBody,
    },
    #[serde(rename_all = "camelCase")]
    Scaling {
        action: &'static str,
        instance_count: u32,
        reason: &'a str,
        timestamp: Text<Timestamp>,
        function_id: Option<Text<FunctionId>>,
    },
    #[serde(rename_all = "camelCase")]
    Metrics {
        queued: usize,
        running: usize,
        instances: usize,
        completed: u64,
        failed: u64,
        cold_starts: u64,
        p50: Millis,
        p95: Millis,
        p99: Millis,
        warm_isolates: usize,
    },
    LoadTest(Box<LoadTestBody<'a>>),
    Unknown {},
}

impl<'a> From<&'a EventKind> for Data<'a> {
    fn from(kind: &'a EventKind) -> Self {
        match kind {
            EventKind::Started {
                execution_id,
                function_id,
            } => Self::Started {
                execution_id: Text(*execution_id),
                function_id: Text(*function_id),
                status: "running",
            },
            EventKind::Completed(execution) => Self::completed(execution),
            EventKind::Retry {
                execution_id,
                function_id,
                retry_count,
                delay,
            } => Self::Retry {
                execution_id: Text(*execution_id),
                function_id: Text(*function_id),
                retry_count: *retry_count,
                delay: Millis(*delay),
            },
            EventKind::Failed(execution) => Self::failed(execution),
            EventKind::Scaling(event) => Self::scaling(event),
            EventKind::Metrics(metrics) => Self::metrics(metrics),
            EventKind::LoadTestProgress(test) => {
                Self::LoadTest(Box::new(LoadTestBody::progress(test)))
            }
            EventKind::LoadTestFinished(test) => {
                Self::LoadTest(Box::new(LoadTestBody::finished(test)))
            }
            _ => Self::Unknown {},
        }
    }
}

impl<'a> Data<'a> {
    fn completed(execution: &'a Execution) -> Self {
        Self::Completed {
            execution_id: Text(execution.id),
            function_id: Text(execution.function_id),
            status: execution.status.as_str(),
            duration: Millis(execution.duration),
            output: execution.output.as_ref(),
            cost: CostBody::from(&execution.cost),
        }
    }

    fn failed(execution: &'a Execution) -> Self {
        let failure = execution.failure.as_ref();
        Self::Failed {
            execution_id: Text(execution.id),
            function_id: Text(execution.function_id),
            status: execution.status.as_str(),
            error: failure.map(|failure| failure.message.as_str()),
            error_kind: failure.map(|failure| failure.kind.as_str()),
            retry_count: execution.retry_count,
            duration: Millis(execution.duration),
            cost: CostBody::from(&execution.cost),
        }
    }

    fn scaling(event: &'a ScalingEvent) -> Self {
        Self::Scaling {
            action: event.action.as_str(),
            instance_count: event.instance_count,
            reason: &event.reason,
            timestamp: Text(event.at),
            function_id: event.function_id.map(Text),
        }
    }

    fn metrics(metrics: &LiveMetrics) -> Self {
        Self::Metrics {
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

/// What an execution costs, by part.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CostBody {
    tier: &'static str,
    base_cost: Dollars,
    cold_start_cost: Dollars,
    retry_cost: Dollars,
    data_transfer_cost: Dollars,
    total_cost: Dollars,
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
        }
    }
}

/// What is written as the text that it displays: ids, moments.
struct Text<T>(T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// US dollars, exact to the nano-dollar.
struct Dollars(NanoDollars);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.0.to_string(), serializer)
    }
}

/// Milliseconds with up to three decimals, exact to the microsecond.
struct Millis(Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal(self.0.as_micros(), 3, serializer)
    }
}

/// Writes `value / 10^decimals` without trailing zeros.
fn decimal<S: Serializer>(value: u128, decimals: u32, serializer: S) -> Result<S::Ok, S::Error> {
    let unit = 10_u128.pow(decimals);
    let width = decimals as usize;
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    number(text.to_owned(), serializer)
}

fn number<S: Serializer>(text: String, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = RawValue::from_string(text).map_err(serde::ser::Error::custom)?;
    raw.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use faas_core::model::{ScalingAction, ScalingEventId};

    use super::*;

    fn shown(kind: EventKind) -> String {
        let event = Event {
            seq: 7,
            at: Timestamp::from_millis(1_769_868_309_123),
            kind,
            encoded: OnceLock::new(),
        };
        String::from_utf8(encoded(&event, 42).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_message_has_its_type_data_time_and_place() {
        let function = FunctionId::from_u128(2);
        assert_eq!(
            shown(EventKind::Retry {
                execution_id: ExecutionId::from_u128(1),
                function_id: function,
                retry_count: 2,
                delay: Duration::from_micros(4_000_500),
            }),
            concat!(
                r#"{"type":"execution_retry","data":{"#,
                r#""executionId":"00000000-0000-0000-0000-000000000001","#,
                r#""functionId":"00000000-0000-0000-0000-000000000002","#,
                r#""retryCount":2,"delay":4000.5},"#,
                r#""timestamp":"2026-01-31T14:05:09.123Z","seq":7,"epoch":42}"#
            )
        );
    }

    #[test]
    fn a_scaling_event_tells_which_way_and_why() {
        let event = ScalingEvent {
            id: ScalingEventId::from_u128(3),
            function_id: None,
            action: ScalingAction::Up,
            instance_count: 2,
            at: Timestamp::from_millis(0),
            reason: "queue length 14 > 10".to_owned(),
        };
        assert!(shown(EventKind::Scaling(Arc::new(event))).contains(concat!(
            r#""data":{"action":"scale_up","instanceCount":2,"reason":"queue length 14 > 10","#,
            r#""timestamp":"1970-01-01T00:00:00.000Z","functionId":null}"#
        )));
    }

    #[test]
    fn durations_keep_their_microseconds_and_no_zeros() {
        let json = |micros| serde_json::to_string(&Millis(Duration::from_micros(micros))).unwrap();
        assert_eq!(json(0), "0");
        assert_eq!(json(42), "0.042");
        assert_eq!(json(100_000), "100");
        assert_eq!(json(1_000_500), "1000.5");
    }

    #[test]
    fn an_event_is_encoded_once_for_all_clients() {
        let event = Event {
            seq: 1,
            at: Timestamp::default(),
            kind: EventKind::Metrics(Arc::new(LiveMetrics::default())),
            encoded: OnceLock::new(),
        };
        let (first, second) = (encoded(&event, 1).unwrap(), encoded(&event, 1).unwrap());
        assert_eq!(first.as_ptr(), second.as_ptr());
    }
}
