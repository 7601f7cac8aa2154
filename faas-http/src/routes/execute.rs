//! Executing functions without waiting for them: one execution, or many with one commit.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Invoke;
use faas_core::model::Json;
use faas_core::platform::CallOptions;
use serde_json::value::RawValue;
use utoipa_axum::routes;

use super::invoke;
use crate::Api;
use crate::answer;
use crate::audit::caller;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Invoke), routes!(execute))
        .add(Needs::Key(Invoke), routes!(execute_batch))
}

#[utoipa::path(post, path = "/api/functions/{id}/execute", tag = "Functions", operation_id = "executeFunction",
    summary = "Executes a function asynchronously, with retries, at once or later. The execution is stored before the answer.",
    request_body = Option<wire::ExecuteRequest>,
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("alias" = Option<String>, Query, description = "The alias whose version runs. Default: `live`."),
        ("Idempotency-Key" = Option<String>, Header, nullable = false, description = "The same key, function and input within 24 hours return the first execution, with `Idempotent-Replayed: true`. 1 to 255 visible ASCII characters.")
    ),
    responses(
        (status = 202, description = "The execution is stored and will run.", body = wire::Accepted),
        errors::InvalidOrInactive,
        errors::NoAlias,
        errors::TooLarge,
        errors::KeyReused,
        errors::Overloaded
    )
)]
async fn execute(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let (parts, stream) = request.into_parts();
    let mut options = options(&parts)?;
    options.idempotency_key = invoke::idempotency_key(&parts.headers)?.map(str::to_owned);
    let limit = api.options.max_envelope();
    let input = match Envelope::receive(&parts.headers, stream, limit).await? {
        None => Json::empty_object(),
        Some(envelope) => {
            let request: wire::ExecuteRequest<'_> = envelope.read()?;
            request.set(&mut options).map_err(ApiError::invalid)?;
            input(&envelope, request.input)
        }
    };
    let accepted = api.platform.execute_with(id, input, options).await?;
    let message = "Function execution started";
    let body = wire::Accepted::new(accepted.id, accepted.status, message);
    let mut response = answer::json(StatusCode::ACCEPTED, &body)?;
    if accepted.duplicate {
        invoke::mark_replayed(response.headers_mut());
    }
    Ok(response)
}

#[utoipa::path(post, path = "/api/functions/{id}/execute/batch", tag = "Functions", operation_id = "executeFunctionBatch",
    summary = "Executes a function many times, asynchronously, with retries. All executions are stored with one commit before the answer; if one is invalid, none is.",
    request_body = wire::BatchRequest,
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("alias" = Option<String>, Query, description = "The alias whose version runs. Default: `live`.")
    ),
    responses(
        (status = 202, description = "The executions are stored and will run.", body = wire::AcceptedBatch),
        errors::InvalidOrInactive,
        errors::NoAlias,
        errors::TooLarge,
        errors::KeyReused,
        errors::Overloaded
    )
)]
async fn execute_batch(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.function()?;
    let (parts, stream) = request.into_parts();
    let shared = options(&parts)?;
    let limit = api.options.max_batch();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    let request: wire::BatchRequest<'_> = envelope.read()?;
    let mut executions = Vec::with_capacity(request.executions.len());
    for (index, one) in request.executions.iter().enumerate() {
        let mut options = shared.clone();
        let at = |problem: String| ApiError::invalid(format!("executions[{index}]: {problem}"));
        one.set(&mut options).map_err(at)?;
        if let Some(key) = &one.idempotency_key {
            if !invoke::is_key(key.as_bytes()) {
                return Err(at(invoke::invalid_key("idempotencyKey")));
            }
            options.idempotency_key = Some(key.to_string());
        }
        executions.push((input(&envelope, one.input), options));
    }
    let accepted = api.platform.execute_batch(id, executions).await?;
    let accepted = accepted.iter();
    let executions = accepted.map(|one| wire::AcceptedOne::new(one.id, one.status, one.duplicate));
    let body = wire::AcceptedBatch::new(executions.collect());
    answer::json(StatusCode::ACCEPTED, &body)
}

/// What the query says, and who calls.
fn options(parts: &Parts) -> Result<CallOptions, ApiError> {
    let mut options = CallOptions::default();
    options.alias = Params::of(&parts.uri)?.text("alias")?.map(str::to_owned);
    options.caller = caller(&parts.extensions);
    Ok(options)
}

fn input(envelope: &Envelope, input: Option<&RawValue>) -> Json {
    input.map_or_else(Json::empty_object, |input| envelope.share(input.get()))
}
