//! One host function: its types, and how a call reaches it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use schemars::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wrong_kind;
use crate::model::{ExecutionId, FunctionId, Json, Timestamp};
use crate::runtime::{CallContext, HostAnswer, HostError, Payload};

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
}

impl HostCall {
    /// What the call with this context tells, of this version of its function.
    pub(crate) fn of(context: &CallContext, function_version: u32) -> Self {
        Self {
            function_id: context.function_id,
            function_name: context.function_name.clone(),
            function_version,
            execution_id: context.execution_id,
            attempt: context.attempt,
            deadline: context.deadline,
        }
    }
}

/// The type of an argument or a result.
pub(super) enum Shape {
    Json(Schema),
    Bytes,
}

type Answering = Pin<Box<dyn Future<Output = HostAnswer> + Send>>;

pub(super) struct HostFunction {
    pub(super) argument: Shape,
    pub(super) result: Shape,
    call: Box<dyn Fn(HostCall, Payload) -> Answering + Send + Sync>,
}

impl HostFunction {
    pub(super) fn json<A, R, F, Fut>(function: F, argument: Shape, result: Shape) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        R: Serialize + 'static,
        F: Fn(HostCall, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let call = move |call, argument| -> Answering {
            let argument = match read(&argument) {
                Ok(argument) => argument,
                Err(error) => return Box::pin(std::future::ready(Err(error))),
            };
            let answer = function(call, argument);
            Box::pin(async move { write(&answer.await?) })
        };
        Self {
            argument,
            result,
            call: Box::new(call),
        }
    }

    pub(super) fn bytes<F, Fut>(function: F) -> Self
    where
        F: Fn(HostCall, Bytes) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Bytes, HostError>> + Send + 'static,
    {
        let call = move |call, argument| -> Answering {
            match argument {
                Payload::Bytes(bytes) => {
                    let answer = function(call, bytes);
                    Box::pin(async move { answer.await.map(Payload::Bytes) })
                }
                other => {
                    let wrong = wrong_kind(&other, "a Uint8Array");
                    Box::pin(std::future::ready(Err(wrong)))
                }
            }
        };
        Self {
            argument: Shape::Bytes,
            result: Shape::Bytes,
            call: Box::new(call),
        }
    }

    pub(super) async fn call(&self, call: HostCall, argument: Payload) -> HostAnswer {
        (self.call)(call, argument).await
    }
}

fn read<A: DeserializeOwned>(argument: &Payload) -> Result<A, HostError> {
    match argument {
        Payload::Json(json) => serde_json::from_str(json.as_str()).map_err(|error| {
            HostError::new(
                "ERR_INVALID_ARGUMENT",
                format!("the argument is not as declared: {error}"),
            )
        }),
        other => Err(wrong_kind(other, "a JSON value")),
    }
}

fn write<R: Serialize>(result: &R) -> HostAnswer {
    match serde_json::to_vec(result) {
        Ok(text) => Ok(Payload::Json(Json::trusted(text))),
        Err(error) => Err(HostError::new(
            "ERR_HOST",
            format!("the result of the host function has no JSON form: {error}"),
        )),
    }
}
