//! Prices, estimates and cost reports.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_core::access::Permission::Read;
use faas_core::platform::EstimateRequest;
use faas_core::store::{ExecutionQuery, Granularity, UsageKey};
use serde::Serialize;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST, executions, invoke};
use crate::Api;
use crate::body;
use crate::dates::{DAY, DateRange};
use crate::error::{ApiError, CostsError};
use crate::extract::{Members, Params, PathId};
use crate::openapi::{errors, requests, words};
use crate::routing::{Needs, Routes};
use crate::wire::{
    self, Breakdown, Data, EstimateBody, ExecutionBody, FunctionCostBody, FunctionKey, FunctionRef,
    NamedExecutions, Pricing, SystemCostBody, Trend, Trends,
};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(pricing))
        .add(Needs::Key(Read), routes!(estimate))
        .add(Needs::Key(Read), routes!(system))
        .add(Needs::Key(Read), routes!(function))
        .add(Needs::Key(Read), routes!(trends))
        .add(Needs::Key(Read), routes!(breakdown))
        .add(Needs::Key(Read), routes!(list))
}

#[utoipa::path(get, path = "/api/costs/pricing", tag = "Costs", operation_id = "getPricing",
    summary = "The prices in force.",
    responses(
        (status = 200, description = "The price book.", body = Data<Pricing>)
    )
)]
async fn pricing(State(api): State<Api>) -> Result<Response, CostsError> {
    data(Pricing::from(api.platform.price_book()))
}

#[utoipa::path(post, path = "/api/costs/estimate", tag = "Costs", operation_id = "estimateCost",
    summary = "What the next execution will probably cost.",
    request_body = requests::EstimateRequest,
    responses(
        (status = 200, description = "The estimate.", body = Data<EstimateBody>),
        errors::Invalid,
        errors::NoFunction,
        errors::TooLarge
    )
)]
async fn estimate(State(api): State<Api>, request: Request) -> Result<Response, CostsError> {
    let (parts, stream) = request.into_parts();
    let bytes = body::read(&parts.headers, stream, api.options.max_envelope()).await?;
    let asked = invoke::parse(bytes)?;
    let members = Members::of(&asked)?;
    let request = EstimateRequest {
        function: members.function_id()?,
        input: executions::input_member(&asked)?,
        duration: members.millis("estimatedDuration")?,
    };
    let estimate = api.platform.costs().estimate(&request).await?;
    data(EstimateBody::from(&estimate))
}

#[utoipa::path(get, path = "/api/costs/system", tag = "Costs", operation_id = "getSystemCost",
    summary = "The cost of everything in a period.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD` or RFC 3339. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "`YYYY-MM-DD`, with its whole day, or RFC 3339. Default: now.")
    ),
    responses(
        (status = 200, description = "The cost.", body = Data<SystemCostBody>),
        errors::Invalid
    )
)]
async fn system(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().system(range.period).await?;
    data(SystemCostBody::new(&range, &cost))
}

#[utoipa::path(get, path = "/api/costs/function/{id}", tag = "Costs", operation_id = "getFunctionCost",
    summary = "The cost of one function in a period.",
    params(
        ("id" = FunctionKey, Path, description = "The function."),
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD` or RFC 3339. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "`YYYY-MM-DD`, with its whole day, or RFC 3339. Default: now.")
    ),
    responses(
        (status = 200, description = "The cost.", body = Data<FunctionCostBody>),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn function(State(api): State<Api>, id: PathId, uri: Uri) -> Result<Response, CostsError> {
    let id = id.function()?;
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().function(id, range.period).await?;
    data(FunctionCostBody::new(&range, &cost))
}

#[utoipa::path(get, path = "/api/costs/trends", tag = "Costs", operation_id = "getCostTrends",
    summary = "The cost over time; spans without executions are left out.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD` or RFC 3339. Default: 7 days before the end."),
        ("endDate" = Option<String>, Query, description = "`YYYY-MM-DD`, with its whole day, or RFC 3339. Default: now."),
        ("granularity" = Option<words::Granularity>, Query, description = "How long the spans are. Default: hour."),
        ("functionId" = Option<FunctionKey>, Query, description = "Of this function only.")
    ),
    responses(
        (status = 200, description = "A row for each span.", body = Data<Trends>),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn trends(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let params = Params::of(&uri)?;
    let range = DateRange::read(&params, api.platform.now(), DAY * 7)?;
    let granularity = params
        .choice(
            "granularity",
            &[
                ("minute", Granularity::Minute),
                ("hour", Granularity::Hour),
                ("day", Granularity::Day),
                ("month", Granularity::Month),
            ],
        )?
        .unwrap_or(Granularity::Hour);
    let function = params.function("functionId")?;
    let costs = api.platform.costs();
    let rows = costs.trends(range.period, granularity, function).await?;
    let trends = rows
        .iter()
        .filter_map(|row| match row.key {
            UsageKey::Time(start) => Some(Trend::new(start, granularity, &row.sums)),
            UsageKey::Function(_) => None,
        })
        .collect();
    data(Trends::new(&range, granularity, trends))
}

#[utoipa::path(get, path = "/api/costs/breakdown", tag = "Costs", operation_id = "getCostBreakdown",
    summary = "The cost of everything in a period by function, dearest first.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD` or RFC 3339. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "`YYYY-MM-DD`, with its whole day, or RFC 3339. Default: now.")
    ),
    responses(
        (status = 200, description = "A row for each function.", body = Data<Breakdown>),
        errors::Invalid
    )
)]
async fn breakdown(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().system(range.period).await?;
    data(Breakdown::new(&range, &cost))
}

#[utoipa::path(get, path = "/api/costs/executions", tag = "Costs", operation_id = "listCostedExecutions",
    summary = "The newest executions with their functions. Long inputs, outputs, logs and attempts are left out once the list has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("limit" = Option<u32>, Query, description = "At most so many. Default: 50.", minimum = 1, maximum = 1000),
        ("functionId" = Option<FunctionKey>, Query, description = "Of this function only."),
        ("status" = Option<words::ExecutionStatus>, Query, description = "In this state only.")
    ),
    responses(
        (status = 200, description = "The executions.", body = NamedExecutions),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let params = Params::of(&uri)?;
    let query = ExecutionQuery {
        function: params.function("functionId")?,
        status: executions::status(&params)?,
        limit: params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize,
        ..ExecutionQuery::default()
    };
    let found = api.platform.executions().list(&query).await?;
    let mut ids: Vec<_> = found
        .iter()
        .map(|execution| execution.function_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let labels = api.platform.costs().labels(&ids).await?;
    let bodies: Vec<_> = found
        .iter()
        .map(|execution| {
            let id = execution.function_id;
            ExecutionBody::listed(execution, FunctionRef::new(id, labels.get(&id)))
        })
        .collect();
    data(bodies)
}

fn range(api: &Api, params: &Params) -> Result<DateRange, ApiError> {
    DateRange::read(params, api.platform.now(), DAY)
}

fn data(body: impl Serialize) -> Result<Response, CostsError> {
    Ok(wire::json(StatusCode::OK, &Data::new(body))?)
}
