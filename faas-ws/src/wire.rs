//! Messages to clients, as the bytes that are sent. Their shapes are in [`faas_api::event`].

#[cfg(test)]
mod fixtures;

use bytes::Bytes;
use faas_api::ErrorBody;
use faas_api::event::{EventData, Message, event_type};
use faas_core::events::{Event, Position};
use faas_core::model::Timestamp;

/// The message for `event`, encoded once for all clients; `None` for an event that clients are not
/// told of.
pub(crate) fn encoded(event: &Event, epoch: u64) -> Option<Bytes> {
    let kind = event_type(&event.kind)?;
    let data = EventData::of(&event.kind)?;
    let bytes = event.encoded.get_or_init(|| {
        let position = Position {
            epoch,
            seq: event.seq,
        };
        encode(&Message::new(kind, data, event.at, position))
    });
    Some(bytes.clone())
}

/// The message that the events `from..=to` were dropped.
pub(crate) fn gap(from: u64, to: u64, now: Timestamp, epoch: u64) -> Bytes {
    encode(&Message::gap(from, to, now, epoch))
}

/// The message that a client's message was refused.
pub(crate) fn error(message: &str, now: Timestamp, epoch: u64) -> Bytes {
    let error = ErrorBody::new("invalid_request", message);
    encode(&Message::error(error, now, epoch))
}

fn encode(message: &Message<'_>) -> Bytes {
    match serde_json::to_vec(message) {
        Ok(bytes) => bytes.into(),
        // An output that a store damaged is the only thing that can fail to be JSON.
        Err(cause) => {
            tracing::error!(%cause, kind = %message.kind, "an event cannot be encoded");
            Bytes::from_static(
                br#"{"type":"error","data":{"message":"an event was lost","error":"an event was lost","code":"internal_error"}}"#,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use faas_core::events::{EventKind, LiveMetrics};
    use faas_core::model::{ExecutionId, FunctionId, ScalingAction, ScalingEvent, ScalingEventId};

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
