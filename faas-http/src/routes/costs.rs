//! Prices, estimates and cost reports.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::Read;
use faas_core::store::{ExecutionQuery, Granularity, UsageKey};
use serde::Serialize;
use utoipa_axum::routes;

use super::{DEFAULT_LIST, MAX_LIST, executions};
use crate::Api;
use crate::answer;
use crate::dates::{DAY, DateRange};
use crate::envelope::Envelope;
use crate::error::{ApiError, CostsError};
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

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
        (status = 200, description = "The price book.", body = wire::Data<wire::PriceBook>)
    )
)]
async fn pricing(State(api): State<Api>) -> Result<Response, CostsError> {
    data(wire::PriceBook::from(api.platform.price_book()))
}

#[utoipa::path(post, path = "/api/costs/estimate", tag = "Costs", operation_id = "estimateCost",
    summary = "Estimates the cost of the next execution.",
    request_body = wire::EstimateRequest,
    responses(
        (status = 200, description = "The estimate.", body = wire::Data<wire::Estimate>),
        errors::Invalid,
        errors::NoFunction,
        errors::TooLarge
    )
)]
async fn estimate(State(api): State<Api>, request: Request) -> Result<Response, CostsError> {
    let (parts, stream) = request.into_parts();
    let limit = api.options.max_envelope();
    let envelope = Envelope::require(&parts.headers, stream, limit).await?;
    let request: wire::EstimateRequest = envelope.read()?;
    let request = request.try_into().map_err(|_| ApiError::no_function())?;
    let estimate = api.platform.costs().estimate(&request).await?;
    data(wire::Estimate::from(&estimate))
}

#[utoipa::path(get, path = "/api/costs/system", tag = "Costs", operation_id = "getSystemCost",
    summary = "The cost of everything in a period.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD`, `YYYY-MM`, `YYYY` or RFC 3339; UTC without a zone. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "Like `startDate`; a date includes its whole day, month or year. Default: now. Before `startDate`: the report is empty.")
    ),
    responses(
        (status = 200, description = "The cost.", body = wire::Data<wire::SystemCost>),
        errors::Invalid
    )
)]
async fn system(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().system(range.period).await?;
    data(wire::SystemCost::new(range.shown(), &cost))
}

#[utoipa::path(get, path = "/api/costs/function/{id}", tag = "Costs", operation_id = "getFunctionCost",
    summary = "The cost of one function in a period.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD`, `YYYY-MM`, `YYYY` or RFC 3339; UTC without a zone. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "Like `startDate`; a date includes its whole day, month or year. Default: now. Before `startDate`: the report is empty.")
    ),
    responses(
        (status = 200, description = "The cost.", body = wire::Data<wire::FunctionCost>),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn function(State(api): State<Api>, id: PathId, uri: Uri) -> Result<Response, CostsError> {
    let id = id.function()?;
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().function(id, range.period).await?;
    data(wire::FunctionCost::new(range.shown(), &cost))
}

#[utoipa::path(get, path = "/api/costs/trends", tag = "Costs", operation_id = "getCostTrends",
    summary = "The cost over time; spans without executions are left out.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD`, `YYYY-MM`, `YYYY` or RFC 3339; UTC without a zone. Default: 7 days before the end."),
        ("endDate" = Option<String>, Query, description = "Like `startDate`; a date includes its whole day, month or year. Default: now. Before `startDate`: the report is empty."),
        ("granularity" = Option<wire::Granularity>, Query, description = "How long the spans are. Default: hour."),
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function.")
    ),
    responses(
        (status = 200, description = "A row for each span.", body = wire::Data<wire::Trends>),
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
            UsageKey::Time(start) => Some(wire::Trend::new(start, granularity, &row.sums)),
            UsageKey::Function(_) => None,
        })
        .collect();
    data(wire::Trends::new(range.shown(), granularity, trends))
}

#[utoipa::path(get, path = "/api/costs/breakdown", tag = "Costs", operation_id = "getCostBreakdown",
    summary = "The cost of everything in a period by function, the most expensive first.",
    params(
        ("startDate" = Option<String>, Query, description = "`YYYY-MM-DD`, `YYYY-MM`, `YYYY` or RFC 3339; UTC without a zone. Default: 24 hours before the end."),
        ("endDate" = Option<String>, Query, description = "Like `startDate`; a date includes its whole day, month or year. Default: now. Before `startDate`: the report is empty."),
        ("lastExecution" = Option<bool>, Query, description = "Whether to add the newest execution of each function. Default: false.")
    ),
    responses(
        (status = 200, description = "A row for each function.", body = wire::Data<wire::Breakdown>),
        errors::Invalid
    )
)]
async fn breakdown(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let params = Params::of(&uri)?;
    let range = range(&api, &params)?;
    let last_execution = params.choice("lastExecution", &[("true", true), ("false", false)])?;
    let cost = api.platform.costs().system(range.period).await?;
    let breakdown = wire::Breakdown::new(range.shown(), &cost);
    if last_execution != Some(true) {
        return data(breakdown);
    }
    let ids: Vec<_> = cost.functions.iter().map(|one| one.label.id).collect();
    let latest = api.platform.executions().latest(&ids).await?;
    data(breakdown.with_last_executions(&latest))
}

#[utoipa::path(get, path = "/api/costs/executions", tag = "Costs", operation_id = "listCostedExecutions",
    summary = "The newest executions with their functions. Long inputs, outputs, logs and attempts are left out once the list has 8 MiB of them; `truncated` names what is left out.",
    params(
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 50. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("functionId" = Option<wire::FunctionKey>, Query, description = "Only those of this function."),
        ("status" = Option<wire::ExecutionStatus>, Query, description = "Only those in this state.")
    ),
    responses(
        (status = 200, description = "The executions.", body = wire::schema::NamedExecutions),
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
            wire::Execution::listed(execution, wire::FunctionRef::new(id, labels.get(&id)))
        })
        .collect();
    data(bodies)
}

fn range(api: &Api, params: &Params) -> Result<DateRange, ApiError> {
    DateRange::read(params, api.platform.now(), DAY)
}

fn data(body: impl Serialize) -> Result<Response, CostsError> {
    Ok(answer::json(StatusCode::OK, &wire::Data::new(body))?)
}
