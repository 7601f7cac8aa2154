//! What clients are told over the WebSocket, and what they say.

mod data;
mod subscribe;

use std::borrow::Cow;

use faas_core::events::{EventKind, Position};
use faas_core::model::{self, Json};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

pub use data::{
    Completed, EventCost, Failed, Gap, Metrics, Refused, RequestRefused, Retry, Scaled, Started,
};
pub use subscribe::{Since, Subscribe, SubscribeType};

use crate::error::ErrorBody;
use crate::load_test::LoadTest;
use crate::number::Millis;
use crate::scalar::{Moment, Text, Word};

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
            "request_refused" => EventData::RequestRefused(data(text)?),
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
pub const EVENT_TYPES: [&str; 9] = [
    "execution_started",
    "execution_completed",
    "execution_retry",
    "execution_failed",
    "scaling_event",
    "request_refused",
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
        EventKind::RequestRefused(_) => "request_refused",
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
    /// `request_refused`
    RequestRefused(RequestRefused<'a>),
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
            EventKind::RequestRefused(refused) => {
                Self::RequestRefused(RequestRefused::from(&**refused))
            }
            EventKind::Metrics(metrics) => Self::Metrics(Metrics::from(&**metrics)),
            EventKind::LoadTestProgress(test) => Self::LoadTest(Box::new(LoadTest::progress(test))),
            EventKind::LoadTestFinished(test) => Self::LoadTest(Box::new(LoadTest::from(&**test))),
            _ => return None,
        })
    }
}
