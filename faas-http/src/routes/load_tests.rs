//! Load tests: starting, watching and stopping them.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_core::Error;
use faas_core::access::Permission::{Develop, Read};
use faas_core::load_test::NewLoadTest;
use faas_core::model::LoadTest;
use faas_core::model::{AuditAction, Json};
use faas_core::store::LoadTestQuery;
use utoipa_axum::routes;

use super::{executions, invoke};
use crate::Api;
use crate::audit::actor;
use crate::body;
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Members, Params, PathId};
use crate::openapi::{errors, requests};
use crate::routing::{Needs, Routes};
use crate::wire::{self, FunctionKey, LoadEstimateBody, LoadTestBody, LoadTestKey};

/// How many load tests a list has at most; each tells of up to 300 seconds.
const MAX_TESTS: u32 = 100;
const DEFAULT_TESTS: u32 = 20;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Develop), routes!(start))
        .add(Needs::Key(Read), routes!(estimate))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(stop))
}

#[utoipa::path(
    post,
    path = "/api/load-tests",
    tag = "Load tests",
    operation_id = "startLoadTest",
    summary = "Starts a load test. One test of a function runs at a time.",
    request_body = requests::NewLoadTest,
    responses(
        (status = 202, description = "It runs.", body = LoadTestBody),
        errors::InvalidOrInactive,
        errors::NoFunction,
        (status = 409, description = "`load_test_running`: the function is under a test already.", body = ErrorBody),
        errors::TooLarge
    )
)]
async fn start(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let new = read_new(&api, request).await?;
    let test = match api.platform.load_tests().start(new).await {
        Err(Error::Conflict(message)) => {
            let code = "load_test_running";
            return Err(ApiError::new(StatusCode::CONFLICT, code, message));
        }
        started => started?,
    };
    api.note(&by, AuditAction::LoadTestStarted, test.id).await;
    answer(StatusCode::ACCEPTED, &test)
}

#[utoipa::path(
    post,
    path = "/api/load-tests/estimate",
    tag = "Load tests",
    operation_id = "estimateLoadTest",
    summary = "What a load test will probably do and cost. Nothing is started.",
    request_body = requests::NewLoadTest,
    responses(
        (status = 200, description = "The estimate.", body = LoadEstimateBody),
        errors::Invalid,
        errors::NoFunction,
        errors::TooLarge
    )
)]
async fn estimate(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let new = read_new(&api, request).await?;
    let estimate = api.platform.load_tests().estimate(&new).await?;
    wire::json(StatusCode::OK, &LoadEstimateBody::from(&estimate))
}

#[utoipa::path(
    get,
    path = "/api/load-tests",
    tag = "Load tests",
    operation_id = "listLoadTests",
    summary = "Load tests, newest first.",
    params(
        ("functionId" = Option<FunctionKey>, Query, description = "Of this function only."),
        ("limit" = Option<u32>, Query, description = "At most so many. Default: 20.", minimum = 1, maximum = 100)
    ),
    responses(
        (status = 200, description = "The load tests.", body = Vec<LoadTestBody>),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let query = LoadTestQuery {
        function: params.function("functionId")?,
        limit: params.number("limit", 1..=MAX_TESTS, DEFAULT_TESTS)? as usize,
    };
    let tests = api.platform.load_tests().list(&query).await?;
    let bodies: Vec<_> = tests.iter().map(LoadTestBody::from).collect();
    wire::json(StatusCode::OK, &bodies)
}

#[utoipa::path(
    get,
    path = "/api/load-tests/{id}",
    tag = "Load tests",
    operation_id = "getLoadTest",
    summary = "One load test, as it was a second ago at most.",
    params(("id" = LoadTestKey, Path, description = "The load test.")),
    responses(
        (status = 200, description = "The load test.", body = LoadTestBody),
        errors::NoLoadTest
    )
)]
async fn read(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let test = api.platform.load_tests().get(id.load_test()?).await?;
    answer(StatusCode::OK, &test)
}

#[utoipa::path(
    delete,
    path = "/api/load-tests/{id}",
    tag = "Load tests",
    operation_id = "stopLoadTest",
    summary = "Stops a load test: the calls under way end, no more are made. It stays in the list.",
    params(("id" = LoadTestKey, Path, description = "The load test.")),
    responses(
        (status = 200, description = "The load test as it is now.", body = LoadTestBody),
        errors::NoLoadTest,
        errors::Conflict
    )
)]
async fn stop(State(api): State<Api>, id: PathId, request: Request) -> Result<Response, ApiError> {
    let test = api.platform.load_tests().stop(id.load_test()?).await?;
    let by = actor(request.extensions());
    api.note(&by, AuditAction::LoadTestStopped, test.id).await;
    answer(StatusCode::OK, &test)
}

async fn read_new(api: &Api, request: Request) -> Result<NewLoadTest, ApiError> {
    let (parts, stream) = request.into_parts();
    let bytes = body::read(&parts.headers, stream, api.options.max_envelope()).await?;
    let asked = invoke::parse(bytes)?;
    let members = Members::of(&asked)?;
    members.only(&[
        "functionId",
        "concurrency",
        "durationSeconds",
        "rate",
        "input",
    ])?;
    let default = NewLoadTest::new(members.function_id()?);
    let seconds = members.whole("durationSeconds", " of seconds")?;
    Ok(NewLoadTest {
        concurrency: members
            .whole("concurrency", "")?
            .unwrap_or(default.concurrency),
        duration: seconds.map_or(default.duration, Duration::from_secs),
        rate: members.number("rate")?,
        input: executions::input_member(&asked)?.unwrap_or_else(Json::empty_object),
        ..default
    })
}

fn answer(status: StatusCode, test: &LoadTest) -> Result<Response, ApiError> {
    wire::json(status, &LoadTestBody::from(test))
}
