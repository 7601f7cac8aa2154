//! One attempt to deliver the result of an execution to its target.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;

use super::Engine;
use super::Request;
use super::host_calls::guarded;
use super::webhook;
use crate::bindings::{Content, HostCall};
use crate::egress::{Caller, FetchBody, FetchRequest, FetchResponse, Redirect, code};
use crate::error::Error;
use crate::model::{
    Delivery, DeliveryId, Execution, ExecutionId, Function, FunctionId, Json, Status, Target,
    Timestamp, Webhook,
};

/// How long an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// What is sent has at most so many bytes; without room, output and input are left out.
const MAX_BYTES: usize = 256 << 10;
/// How much of a response is read, in bytes.
const MAX_RESPONSE: usize = 1 << 10;

/// What became of an attempt.
#[derive(Debug)]
pub(super) enum Outcome {
    Delivered {
        status: Option<u16>,
        message: String,
        execution: Option<ExecutionId>,
    },
    /// Another attempt may succeed, not before `after` if the target has said so.
    Retry {
        status: Option<u16>,
        message: String,
        after: Option<Duration>,
    },
    /// Another attempt cannot succeed without a change.
    Failed {
        status: Option<u16>,
        message: String,
    },
}

impl Outcome {
    fn retry(message: impl Into<String>) -> Self {
        Self::Retry {
            status: None,
            message: message.into(),
            after: None,
        }
    }

    fn failed(message: impl Into<String>) -> Self {
        Self::Failed {
            status: None,
            message: message.into(),
        }
    }
}

/// Makes one attempt.
pub(super) async fn send(
    engine: &Engine,
    execution: &Execution,
    id: DeliveryId,
    delivery: &Delivery,
) -> Outcome {
    let attempt = async {
        // Deleted functions have a label, too.
        let function = execution.function_id;
        let labels = engine.0.store.labels(&[function]).await;
        let name = match labels {
            Ok(mut labels) => labels.remove(&function).map(|label| label.name),
            Err(error) => return Outcome::retry(error.to_string()),
        };
        let Some(result) = result(execution, delivery, name) else {
            return Outcome::failed("the result has no JSON form");
        };
        match &delivery.target {
            Target::Function(name) => {
                let replays = delivery.replays;
                run_function(engine, execution, id, name, replays, result.data).await
            }
            Target::Binding(name) => {
                call_binding(engine, execution, delivery, name, result.data).await
            }
            Target::Webhook(webhook) => {
                post(engine, execution.function_id, id, webhook, result.event).await
            }
        }
    };
    tokio::select! {
        outcome = attempt => outcome,
        () = engine.0.clock.sleep(TIMEOUT) => {
            Outcome::retry(format!("no answer within {} s", TIMEOUT.as_secs()))
        }
    }
}

/// The host of a URL, with its port if it has one.
pub(super) fn host_of(url: &str) -> Arc<str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.to_ascii_lowercase().into()
}

/// What is delivered: to functions and bindings the data, to webhooks the event around it.
struct Delivered {
    data: Json,
    event: Bytes,
}

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'a str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    execution_id: ExecutionId,
    function_id: FunctionId,
    function_name: Option<Arc<str>>,
    function_version: u32,
    status: &'a str,
    /// Which list of destinations asked for it.
    condition: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failed<'a>>,
    attempts: u32,
    retry_of: Option<ExecutionId>,
    created_at: String,
    ended_at: Option<String>,
    /// What is left out because it is too long.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    truncated: Vec<&'a str>,
}

#[derive(Clone, Serialize)]
struct Failed<'a> {
    kind: &'a str,
    message: &'a str,
}

fn result(execution: &Execution, delivery: &Delivery, name: Option<Arc<str>>) -> Option<Delivered> {
    let mut room = MAX_BYTES;
    let mut truncated = Vec::new();
    let mut fit = |part: Option<&'_ Json>, name: &'static str| -> bool {
        let length = part.map_or(0, Json::len);
        let fits = length <= room;
        if fits {
            room -= length;
        } else {
            truncated.push(name);
        }
        fits
    };
    let has_output = fit(execution.output.as_ref(), "output");
    let has_input = fit(Some(&execution.input), "input");
    let failure = execution.failure.as_ref();
    let is_completed = execution.status == Status::Completed;
    let moment = |moment: Timestamp| moment.to_string();
    let data = Data {
        execution_id: execution.id,
        function_id: execution.function_id,
        function_name: name,
        function_version: execution.function_version,
        status: execution.status.as_str(),
        condition: delivery.on.as_str(),
        input: Some(&execution.input).filter(|_| has_input),
        output: execution.output.as_ref().filter(|_| has_output),
        error: failure.map(|failure| Failed {
            kind: failure.kind.as_str(),
            message: &failure.message,
        }),
        attempts: u32::try_from(execution.attempts.len()).unwrap_or(u32::MAX),
        retry_of: execution.retry_of,
        created_at: moment(execution.created_at),
        ended_at: execution.end_time.map(moment),
        truncated,
    };
    let event = Event {
        r#type: if is_completed {
            "execution.completed"
        } else {
            "execution.failed"
        },
        timestamp: moment(execution.end_time.unwrap_or(execution.created_at)),
        data: data.clone(),
    };
    Some(Delivered {
        data: Json::trusted(serde_json::to_vec(&data).ok()?),
        event: serde_json::to_vec(&event).ok()?.into(),
    })
}

/// Has the function with this name run. The idempotency key makes it run once, however often this is
/// tried.
async fn run_function(
    engine: &Engine,
    execution: &Execution,
    id: DeliveryId,
    name: &str,
    replays: u32,
    data: Json,
) -> Outcome {
    let accepted = |id| Outcome::Delivered {
        status: None,
        message: "accepted".to_owned(),
        execution: Some(id),
    };
    let accept = async {
        let Some(function) = engine.0.store.function_named(name).await? else {
            return Ok(None);
        };
        let key = format!("delivery:{id}:{replays}");
        // It may have been accepted before a crash, any time ago.
        let before = engine
            .0
            .store
            .find_idempotent(function, &key, Timestamp::MIN);
        if let Some(first) = before.await? {
            return Ok(Some(first));
        }
        let hops = execution.follow_up.as_ref().map_or(0, |one| one.hops);
        let request = Request {
            retry: true,
            idempotency_key: Some(key.into()),
            hops: hops + 1,
            ..Request::once(data, execution.caller.clone())
        };
        let accepted = engine.execute(function, request).await?;
        Ok::<_, Error>(Some(accepted.id))
    };
    match accept.await {
        Ok(Some(id)) => accepted(id),
        Ok(None) => Outcome::failed(format!("no function is named {name:?}")),
        Err(error @ Error::Inactive) => Outcome::retry(error.to_string()),
        Err(error) if error.is_retryable() => Outcome::retry(error.to_string()),
        Err(error) => Outcome::failed(error.to_string()),
    }
}

/// Calls a function of the host that the function has.
async fn call_binding(
    engine: &Engine,
    execution: &Execution,
    delivery: &Delivery,
    name: &str,
    data: Json,
) -> Outcome {
    let function = match current(engine, execution.function_id).await {
        Ok(function) => function,
        Err(outcome) => return outcome,
    };
    let bindings = &engine.0.bindings;
    let given = bindings.given(function.config.bindings.as_deref());
    let Some((binding, host_function)) = name.split_once('.') else {
        return Outcome::failed(format!("{name:?} is not of the form BINDING.FUNCTION"));
    };
    let call = HostCall {
        function_id: function.id,
        function_name: function.name,
        function_version: execution.function_version,
        execution_id: execution.id,
        attempt: delivery.attempt_count + 1,
        deadline: engine.0.clock.now() + TIMEOUT,
        caller: execution.caller.clone(),
    };
    let argument = Content::Json(data);
    match guarded(bindings.call(&given, call, (binding, host_function), argument)).await {
        Ok(_) => Outcome::Delivered {
            status: None,
            message: "called".to_owned(),
            execution: None,
        },
        Err(error) if error.code == "ERR_UNKNOWN_HOST_FUNCTION" => Outcome::failed(error.message),
        Err(error) => Outcome::retry(format!("{}: {}", error.code, error.message)),
    }
}

/// The function as it is now.
async fn current(engine: &Engine, id: FunctionId) -> Result<Function, Outcome> {
    match engine.0.store.function(id).await {
        Ok(Some(function)) => Ok(function),
        Ok(None) => Err(Outcome::failed("the function of the execution was deleted")),
        Err(error) => Err(Outcome::retry(error.to_string())),
    }
}

/// Posts a webhook as the specification "Standard Webhooks" says.
async fn post(
    engine: &Engine,
    function: FunctionId,
    id: DeliveryId,
    target: &Webhook,
    event: Bytes,
) -> Outcome {
    let Some(network) = &engine.0.network else {
        return Outcome::failed("this server makes no requests");
    };
    let id = id.to_string();
    let timestamp = (engine.0.clock.now().as_millis() / 1_000).to_string();
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".into()),
        ("user-agent".to_owned(), "faas-webhook".into()),
        ("webhook-id".to_owned(), Bytes::from(id.clone())),
        ("webhook-timestamp".to_owned(), timestamp.clone().into()),
    ];
    if let Some(name) = &target.secret {
        let function = match current(engine, function).await {
            Ok(function) => function,
            Err(outcome) => return outcome,
        };
        let Some(secret) = function.environment.secrets.get(name) else {
            return Outcome::failed(format!("the function has no secret {name}"));
        };
        let opened = engine.0.secret_keys.open(function.id, name, &secret.sealed);
        let signed = opened
            .map_err(|error| error.to_string())
            .and_then(|secret| webhook::sign(&secret, &id, &timestamp, &event));
        match signed {
            Ok(signature) => headers.push(("webhook-signature".to_owned(), signature.into())),
            Err(error) => return Outcome::failed(format!("the secret {name}: {error}")),
        }
    }
    let request = FetchRequest {
        method: "POST".to_owned(),
        url: target.url.to_string(),
        headers,
        body: FetchBody::Bytes(event),
        redirect: Redirect::Manual,
        decompress: false,
    };
    // The rules of the function are for its code; the server's policy applies.
    let caller = Caller {
        time_left: Some(TIMEOUT),
        ..Caller::new(format!("webhooks:{function}"))
    };
    match network.fetch(&caller, request).await {
        Ok(response) => answered(response).await,
        Err(error) if error.code == code::REFUSED || error.code == code::INVALID => {
            Outcome::failed(error.message)
        }
        Err(error) => Outcome::retry(error.message),
    }
}

async fn answered(response: FetchResponse) -> Outcome {
    let status = response.status;
    if (200..300).contains(&status) {
        return Outcome::Delivered {
            status: Some(status),
            message: format!("status {status}"),
            execution: None,
        };
    }
    let header = |name: &str| {
        let found = response.headers.iter().find(|(other, _)| other == name);
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    };
    let after = header("retry-after").and_then(|text| text.trim().parse().ok());
    let after = after.map(Duration::from_secs);
    let mut text = BytesMut::new();
    if let Some(mut body) = response.body {
        while text.len() < MAX_RESPONSE {
            match body.next().await {
                Some(Ok(piece)) => text.extend_from_slice(&piece),
                Some(Err(_)) | None => break,
            }
        }
    }
    text.truncate(MAX_RESPONSE);
    let text = String::from_utf8_lossy(&text);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let message = match (status, text.is_empty()) {
        (410, _) => "status 410: the receiver wants no more deliveries".to_owned(),
        (300..=399, _) => format!("status {status}: redirects are not followed"),
        (_, true) => format!("status {status}"),
        (_, false) => format!("status {status}: {text}"),
    };
    let status = Some(status);
    if status == Some(410) {
        return Outcome::Failed { status, message };
    }
    Outcome::Retry {
        status,
        message,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_is_without_path_user_and_case() {
        for (url, host) in [
            ("https://Example.com/a?b", "example.com"),
            ("http://user:secret@example.com:8080", "example.com:8080"),
            ("https://[::1]:99/x@y", "[::1]:99"),
            ("https://example.com?x@y", "example.com"),
        ] {
            assert_eq!(&*host_of(url), host);
        }
    }
}
