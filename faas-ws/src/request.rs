//! Messages from clients: [`Subscribe`] is the only one.

use faas_api::event::{EVENT_TYPES, event_type};
use faas_api::{Subscribe, Text};
use faas_core::events::{Event, Position};
use faas_core::model::FunctionId;

/// Which events a client wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only these types; `None`: all.
    types: Option<Vec<&'static str>>,
    /// Only what is about this function.
    function: Option<FunctionId>,
}

impl Filter {
    /// Whether `event` is wanted. With a function named, events about none in particular are wanted
    /// only when their type was named too.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        let Some(kind) = event_type(&event.kind) else {
            return false;
        };
        if let Some(types) = &self.types
            && !types.contains(&kind)
        {
            return false;
        }
        match (self.function, event.kind.function_id()) {
            (None, _) => true,
            (Some(wanted), Some(about)) => wanted == about,
            (Some(_), None) => self.types.is_some(),
        }
    }
}

/// What a client asked for. It replaces what the client asked for before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) filter: Filter,
    /// Where to resume; `None`: go on from where the connection is.
    pub(crate) since: Option<Position>,
}

/// Reads a client's message.
///
/// # Errors
/// A sentence fragment that says what is wrong and what was expected.
pub(crate) fn read(text: &str) -> Result<Subscription, String> {
    let message: Subscribe =
        faas_api::read(text).map_err(|error| error.of("the message").to_string())?;
    Ok(Subscription {
        filter: Filter {
            types: message.types.map(known).transpose()?,
            function: message.function_id.map(|Text(id)| id),
        },
        since: message.since.map(Position::from),
    })
}

fn known(types: Vec<String>) -> Result<Vec<&'static str>, String> {
    let known = |wanted: &String| EVENT_TYPES.iter().copied().find(|known| known == wanted);
    let types: Option<_> = types.iter().map(known).collect();
    types.ok_or_else(|| format!("types must be some of {}", EVENT_TYPES.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use faas_core::events::{EventKind, LiveMetrics};
    use faas_core::model::{ExecutionId, Timestamp};

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn event(kind: EventKind) -> Event {
        Event {
            seq: 1,
            at: Timestamp::default(),
            kind,
            encoded: OnceLock::new(),
        }
    }

    fn started(function: &str) -> Event {
        event(EventKind::Started {
            execution_id: ExecutionId::from_u128(1),
            function_id: function.parse().unwrap(),
        })
    }

    fn metrics() -> Event {
        event(EventKind::Metrics(Arc::new(LiveMetrics::default())))
    }

    fn filter(text: &str) -> Filter {
        read(text).unwrap().filter
    }

    #[test]
    fn a_client_that_says_nothing_wants_everything() {
        assert!(Filter::default().wants(&started(ID)));
        assert!(Filter::default().wants(&metrics()));
        assert_eq!(filter(r#"{"type":"subscribe"}"#), Filter::default());
    }

    #[test]
    fn types_and_a_function_narrow_the_stream() {
        let types = filter(r#"{"type":"subscribe","types":["metrics"]}"#);
        assert!(types.wants(&metrics()) && !types.wants(&started(ID)));
        let function = filter(&format!(r#"{{"type":"subscribe","functionId":"{ID}"}}"#));
        assert!(function.wants(&started(ID)));
        assert!(!function.wants(&started("01890a5d-ac96-774b-bcce-b302099a8058")));
        assert!(!function.wants(&metrics()));
        let both = filter(&format!(
            r#"{{"type":"subscribe","functionId":"{ID}","types":["metrics","execution_started"]}}"#
        ));
        assert!(both.wants(&metrics()) && both.wants(&started(ID)));
    }

    #[test]
    fn a_message_that_is_wrong_is_answered_with_what_was_expected() {
        for (bad, expected) in [
            ("", "the message must be a JSON object"),
            ("[1]", "the message must be a JSON object"),
            ("{}", "type is missing"),
            (r#"{"type":"publish"}"#, "subscribe"),
            (r#"{"type":"subscribe","types":"metrics"}"#, "types must be"),
            (r#"{"type":"subscribe","types":["x"]}"#, "execution_started"),
            (r#"{"type":"subscribe","functionId":"x"}"#, "functionId"),
            (r#"{"type":"subscribe","since":{"epoch":1}}"#, "seq"),
            (
                r#"{"type":"subscribe","since":{"epoch":-1,"seq":1}}"#,
                "epoch",
            ),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(expected), "{bad}: {error}");
        }
        assert!(read(&"[".repeat(60_000)).is_err());
    }

    #[test]
    fn an_unknown_member_is_refused_with_the_nearest_known_one() {
        for (bad, expected) in [
            (
                r#"{"type":"subscribe","functionID":"x"}"#,
                r#"unknown member "functionID": did you mean "functionId"?"#,
            ),
            (
                r#"{"type":"subscribe","since":{"epoch":1,"sec":1}}"#,
                r#"unknown member "since.sec": did you mean "since.seq"?"#,
            ),
        ] {
            assert_eq!(read(bad).unwrap_err(), expected);
        }
    }
}
