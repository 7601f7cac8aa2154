//! One host function: its types, and how a call reaches it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use schemars::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ByteStream;
use crate::model::{CallerLabel, ExecutionId, FunctionId, Json, Timestamp};
use crate::runtime::{CallContext, HostError};

/// What a host function knows of its caller. The future of a host function is dropped when the
/// attempt that called it ends: by its result, its timeout, a cancellation or a shutdown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostCall {
    /// The function that calls.
    pub function_id: FunctionId,
    /// Its name.
    pub function_name: Arc<str>,
    /// Its version.
    pub function_version: u32,
    /// The execution.
    pub execution_id: ExecutionId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When the attempt will be stopped, if it does not wait for an instance.
    pub deadline: Timestamp,
    /// Who called the function, if that is known: see
    /// [`CallOptions::caller`](crate::platform::CallOptions::caller). The code cannot change it.
    pub caller: Option<CallerLabel>,
}

impl HostCall {
    /// The call with this context, of this version of its function.
    pub(crate) fn of(
        context: &CallContext,
        function_version: u32,
        caller: Option<CallerLabel>,
    ) -> Self {
        Self {
            function_id: context.function_id,
            function_name: context.function_name.clone(),
            function_version,
            execution_id: context.execution_id,
            attempt: context.attempt,
            deadline: context.deadline,
            caller,
        }
    }
}

/// The type of an argument or a result.
pub(super) enum Shape {
    Json(Schema),
    Bytes,
    Stream,
}

/// The argument or the result of a host function.
#[derive(Debug)]
pub(crate) enum Content {
    Json(Json),
    Bytes(Bytes),
    Stream(ByteStream),
}

impl Content {
    /// Reads an argument of JSON.
    fn read<A: DeserializeOwned>(self) -> Result<A, HostError> {
        match self {
            Self::Json(json) => serde_json::from_str(json.as_str()).map_err(|error| {
                HostError::new(
                    "ERR_INVALID_ARGUMENT",
                    format!("the argument is not as declared: {error}"),
                )
            }),
            other => Err(other.wrong("a JSON value")),
        }
    }

    pub(crate) fn into_bytes(self) -> Result<Bytes, HostError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.wrong("a Uint8Array")),
        }
    }

    pub(crate) fn into_stream(self) -> Result<ByteStream, HostError> {
        match self {
            Self::Stream(stream) => Ok(stream),
            Self::Bytes(bytes) => Ok(bytes.into()),
            other => Err(other.wrong("a ReadableStream or a Uint8Array")),
        }
    }

    /// The error for an argument that is not of the declared kind.
    fn wrong(&self, wanted: &str) -> HostError {
        let got = match self {
            Self::Json(_) => "a JSON value",
            Self::Bytes(_) => "bytes",
            Self::Stream(_) => "a stream",
        };
        HostError::new(
            "ERR_INVALID_ARGUMENT",
            format!("the argument is {got}: expected {wanted}"),
        )
    }
}

type Answer = Result<Content, HostError>;
/// The type of an argument, and how it is taken out of what the code passed.
pub(super) type Reads<A> = (Shape, fn(Content) -> Result<A, HostError>);
/// The type of a result, and how it is passed to the code.
pub(super) type Writes<R> = (Shape, fn(R) -> Answer);
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

pub(super) struct HostFunction {
    pub(super) argument: Shape,
    pub(super) result: Shape,
    call: Box<dyn Fn(HostCall, Content) -> Answering + Send + Sync>,
}

impl HostFunction {
    /// A function whose argument `read` takes out of what came, and whose result `write` encodes.
    pub(super) fn new<A, R, F, Fut>(
        (argument, read): Reads<A>,
        (result, write): Writes<R>,
        function: F,
    ) -> Self
    where
        A: Send + 'static,
        R: 'static,
        F: Fn(HostCall, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let call = move |call, argument| -> Answering {
            match read(argument) {
                Ok(argument) => {
                    let answer = function(call, argument);
                    Box::pin(async move { write(answer.await?) })
                }
                Err(error) => Box::pin(std::future::ready(Err(error))),
            }
        };
        Self {
            argument,
            result,
            call: Box::new(call),
        }
    }

    pub(super) async fn call(&self, call: HostCall, argument: Content) -> Answer {
        (self.call)(call, argument).await
    }
}

/// An argument of JSON.
pub(super) fn json_argument<A: DeserializeOwned>(schema: Schema) -> Reads<A> {
    (Shape::Json(schema), Content::read)
}

/// A result of JSON.
pub(super) fn json_result<R: Serialize>(schema: Schema) -> Writes<R> {
    (Shape::Json(schema), |result| write(&result))
}

/// An argument of bytes.
pub(super) const BYTES: Reads<Bytes> = (Shape::Bytes, Content::into_bytes);

/// A result of bytes.
pub(super) const TO_BYTES: Writes<Bytes> = (Shape::Bytes, |bytes| Ok(Content::Bytes(bytes)));

/// An argument of bytes in pieces.
pub(super) const STREAM: Reads<ByteStream> = (Shape::Stream, Content::into_stream);

/// A result of bytes in pieces.
pub(super) const TO_STREAM: Writes<ByteStream> =
    (Shape::Stream, |stream| Ok(Content::Stream(stream)));

fn write<R: Serialize>(result: &R) -> Answer {
    match serde_json::to_vec(result) {
        Ok(text) => Ok(Content::Json(Json::trusted(text))),
        Err(error) => Err(HostError::new(
            "ERR_HOST",
            format!("the result of the host function has no JSON form: {error}"),
        )),
    }
}
