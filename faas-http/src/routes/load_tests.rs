//! Load tests: starting, watching and stopping them.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::load_test::NewLoadTest;
use faas_core::model::AuditAction;
use faas_core::model::LoadTest;
use faas_core::store::LoadTestQuery;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::envelope::Envelope;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The most load tests in a list; each has up to 300 seconds.
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
    request_body = wire::NewLoadTest,
    responses(
        (status = 202, description = "It runs.", body = wire::LoadTest),
        errors::InvalidOrInactive,
        errors::NoFunction,
        (status = 409, description = "`load_test_running`: the function is under a test already.", body = wire::ErrorBody),
        errors::TooLarge
    )
)]
async fn start(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let new = read_new(&api, request).await?;
    let test = api.platform.load_tests().start(new).await?;
    api.note(&by, AuditAction::LoadTestStarted, test.id).await;
    answer(StatusCode::ACCEPTED, &test)
}

#[utoipa::path(
    post,
    path = "/api/load-tests/estimate",
    tag = "Load tests",
    operation_id = "estimateLoadTest",
    summary = "Estimates what a load test will do and cost. Starts nothing.",
    request_body = wire::NewLoadTest,
    responses(
        (status = 200, description = "The estimate.", body = wire::LoadEstimate),
        errors::Invalid,
        errors::NoFunction,
        errors::TooLarge
    )
)]
async fn estimate(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let new = read_new(&api, request).await?;
    let estimate = api.platform.load_tests().estimate(&new).await?;
    answer::json(StatusCode::OK, &wire::LoadEstimate::from(&estimate))
}

#[utoipa::path(
    get,
    path = "/api/load-tests",
    tag = "Load tests",
    operation_id = "listLoadTests",
    summary = "Load tests, newest first.",
    params(
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 20. A larger number counts as 100.", minimum = 1, maximum = 100)
    ),
    responses(
        (status = 200, description = "The load tests.", body = Vec<wire::LoadTest>),
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
    let bodies: Vec<_> = tests.iter().map(wire::LoadTest::from).collect();
    answer::json(StatusCode::OK, &bodies)
}

#[utoipa::path(
    get,
    path = "/api/load-tests/{id}",
    tag = "Load tests",
    operation_id = "getLoadTest",
    summary = "One load test. Its result is at most a second old.",
    params(("id" = wire::LoadTestKey, Path, description = "The load test.")),
    responses(
        (status = 200, description = "The load test.", body = wire::LoadTest),
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
    summary = "Stops a load test: calls under way end, and no more are made. It stays in the list.",
    params(("id" = wire::LoadTestKey, Path, description = "The load test.")),
    responses(
        (status = 200, description = "The load test as it is now.", body = wire::LoadTest),
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
    let limit = api.options.max_envelope();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    let new: wire::NewLoadTest = envelope.read()?;
    new.try_into().map_err(|_| ApiError::no_function())
}

fn answer(status: StatusCode, test: &LoadTest) -> Result<Response, ApiError> {
    answer::json(status, &wire::LoadTest::from(test))
}
