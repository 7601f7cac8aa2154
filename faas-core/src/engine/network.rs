//! The requests of an attempt's `fetch`: frames of the isolate become requests to the [`Network`],
//! and its responses frames for the isolate.
//!
//! A frame is the length of its head in 4 bytes, little-endian, the head as JSON, and the body. A
//! request comes as one argument or in pieces; while it comes in pieces and has no body of unknown
//! length, its failure means that the code has aborted it. A response whose whole body is there at
//! once is one result, any other comes in pieces.

use std::fmt;
use std::sync::{Arc, Weak};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::host_calls::HostCalls;
use super::job::Loaded;
use crate::bindings::{ByteStream, Content, HostCall};
use crate::egress::{
    Budget, Caller, FetchBody, FetchRecord, FetchRequest, FetchResponse, Network, Observer,
    Redirect,
};
use crate::events::{EventKind, RefusedRequest};
use crate::model::{HostCallRecord, RequestRecord};
use crate::runtime::HostError;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 512 << 10;
/// The longest text, in characters, of an event about a refused request.
const MAX_SHOWN: usize = 300;
/// The longest body, in bytes, that is in the same frame as its head.
const MAX_WHOLE: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestHead {
    method: String,
    url: String,
    redirect: String,
    /// The characters of a value stand for its bytes.
    headers: Vec<(String, String)>,
    body: BodyHead,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum BodyHead {
    None,
    /// So many bytes, which follow the head.
    Bytes(usize),
    /// The pieces that follow the head.
    Stream,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseHead<'a> {
    url: &'a str,
    redirected: bool,
    status: u16,
    status_text: &'a str,
    headers: Vec<(&'a str, String)>,
    has_body: bool,
}

/// Makes the request that `argument` has.
pub(super) async fn fetch(
    engine: &Engine,
    network: &dyn Network,
    calls: &Arc<HostCalls>,
    function: &Loaded,
    call: &HostCall,
    argument: ByteStream,
) -> Result<Content, HostError> {
    let (request, rest) = read(argument).await?;
    let caller = Caller {
        partition: call.function_id.to_string().into(),
        rules: function.function.config.egress.clone(),
        secrets: function.egress_secrets.clone(),
        budget: calls
            .budget
            .get_or_init(|| Arc::new(Budget::new(engine.0.options.egress_limits)))
            .clone(),
        // The future and the stream of the response are dropped when the attempt ends.
        time_left: None,
        observer: Arc::new(Recording {
            engine: engine.clone(),
            calls: Arc::downgrade(calls),
            call: call.clone(),
        }),
    };
    let response = tokio::select! {
        response = network.fetch(&caller, request) => response?,
        error = aborted(rest) => return Err(error),
    };
    answer(response).await
}

/// Ends when the code has aborted its request.
async fn aborted(rest: Option<ByteStream>) -> HostError {
    let Some(mut rest) = rest else {
        return std::future::pending().await;
    };
    loop {
        match rest.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error,
            None => return std::future::pending().await,
        }
    }
}

fn invalid(text: &str) -> HostError {
    HostError::new("ERR_INVALID_ARGUMENT", text.to_owned())
}

/// Reads a request. Also returns what remains of its pieces, if the body is not among them.
async fn read(mut pieces: ByteStream) -> Result<(FetchRequest, Option<ByteStream>), HostError> {
    let mut read = BytesMut::new();
    let length = fill(&mut pieces, &mut read, 4).await?;
    let length = length.first_chunk().copied().map_or(0, u32::from_le_bytes) as usize;
    if length > MAX_HEAD {
        return Err(HostError::new(
            crate::egress::code::LIMIT,
            format!("the URL and headers of a request may have at most {MAX_HEAD} bytes"),
        ));
    }
    let head = fill(&mut pieces, &mut read, length).await?;
    let head: RequestHead = serde_json::from_slice(&head)
        .map_err(|_| invalid("the head of the request is not valid"))?;
    let (body, rest) = match head.body {
        BodyHead::None => (FetchBody::None, Some(pieces)),
        BodyHead::Bytes(length) => {
            let body = fill(&mut pieces, &mut read, length).await?;
            (FetchBody::Bytes(body), Some(pieces))
        }
        BodyHead::Stream => {
            let first = read.split().freeze();
            let first = stream::iter((!first.is_empty()).then_some(Ok(first)));
            (
                FetchBody::Stream(ByteStream::new(first.chain(pieces))),
                None,
            )
        }
    };
    let headers = head.headers.into_iter();
    let request = FetchRequest {
        method: head.method,
        url: head.url,
        headers: headers
            .map(|(name, value)| Ok((name, from_characters(&value)?)))
            .collect::<Result<_, HostError>>()?,
        body,
        redirect: match head.redirect.as_str() {
            "error" => Redirect::Error,
            "manual" => Redirect::Manual,
            _ => Redirect::Follow,
        },
        decompress: true,
    };
    Ok((request, rest))
}

/// Takes `length` bytes, which may have to come first.
pub(super) async fn fill(
    pieces: &mut ByteStream,
    read: &mut BytesMut,
    length: usize,
) -> Result<Bytes, HostError> {
    while read.len() < length {
        match pieces.next().await {
            Some(piece) => read.extend_from_slice(&piece?),
            None => return Err(invalid("the request ends early")),
        }
    }
    Ok(read.split_to(length).freeze())
}

/// The bytes that the characters of a header's value stand for.
fn from_characters(text: &str) -> Result<Bytes, HostError> {
    let bytes = text.chars().map(|c| u8::try_from(u32::from(c)));
    let bytes: Result<Vec<u8>, _> = bytes.collect();
    bytes
        .map(Bytes::from)
        .map_err(|_| invalid("the value of a header has a character above U+00FF"))
}

fn to_characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The response as bytes, or as a stream when not all of it is there yet.
async fn answer(response: FetchResponse) -> Result<Content, HostError> {
    let head = ResponseHead {
        url: &response.url,
        redirected: response.redirected,
        status: response.status,
        status_text: &response.status_text,
        headers: response
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), to_characters(value)))
            .collect(),
        has_body: response.body.is_some(),
    };
    let head = serde_json::to_vec(&head)
        .map_err(|_| invalid("the head of the response has no JSON form"))?;
    let mut frame = BytesMut::with_capacity(4 + head.len());
    frame.extend_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend_from_slice(&head);
    let Some(mut body) = response.body else {
        return Ok(Content::Bytes(frame.freeze()));
    };
    // The body of a short response often comes with its head.
    loop {
        match body.next().now_or_never() {
            Some(None) => return Ok(Content::Bytes(frame.freeze())),
            Some(Some(piece)) => frame.extend_from_slice(&piece?),
            None => break,
        }
        if frame.len() > MAX_WHOLE {
            break;
        }
    }
    let first = stream::iter([Ok(frame.freeze())]);
    Ok(Content::Stream(ByteStream::new(first.chain(body))))
}

/// Keeps each request with the execution.
struct Recording {
    engine: Engine,
    calls: Weak<HostCalls>,
    call: HostCall,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recording")
    }
}

impl Observer for Recording {
    fn ended(&self, record: FetchRecord) {
        let counters = &self.engine.0.counters;
        counters.add(&counters.requests);
        if let (Some(by), Some(refusal)) = (record.refused_by, &record.refusal) {
            counters.add(&counters.refused_requests);
            let HostCall {
                function_id,
                execution_id,
                ..
            } = &self.call;
            tracing::info!(%function_id, %execution_id, %by, refusal, "a request was refused");
            let now = self.engine.0.clock.monotonic();
            if let Some(more) = self.engine.0.refusals.admit(*function_id, now) {
                let shown = |text: &str| text.chars().take(MAX_SHOWN).collect();
                let refused = RefusedRequest {
                    execution_id: *execution_id,
                    function_id: *function_id,
                    method: shown(&record.method),
                    host: shown(&record.host),
                    port: record.port,
                    by,
                    reason: shown(refusal),
                    more,
                };
                let refused = EventKind::RequestRefused(Arc::new(refused));
                let at = self.engine.0.clock.now();
                self.engine.0.events.publish(at, [refused]);
            }
        }
        let Some(calls) = self.calls.upgrade() else {
            return;
        };
        calls.keep(HostCallRecord {
            attempt: self.call.attempt,
            name: "fetch".to_owned(),
            start_time: self.engine.0.clock.now() - record.times.total,
            duration: record.times.total,
            bytes_in: record.bytes_out,
            bytes_out: record.bytes_in,
            error: record.error.clone(),
            request: Some(Box::new(RequestRecord::from(record))),
        });
    }
}
