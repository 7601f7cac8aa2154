//! Prices, estimates and cost reports.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use faas_core::platform::EstimateRequest;
use faas_core::store::{ExecutionQuery, Granularity, Period, UsageKey};
use serde::Serialize;

use super::{DEFAULT_LIST, MAX_LIST, executions, invoke};
use crate::dates::{DAY, DateRange};
use crate::error::{ApiError, CostsError};
use crate::extract::{Members, Params, PathId, body};
use crate::wire::{
    self, Breakdown, Data, EstimateBody, ExecutionBody, FunctionCostBody, FunctionRef, Pricing,
    SystemCostBody, Trend, Trends,
};
use crate::{Api, routing};

pub(crate) fn routes() -> Router<Api> {
    let router = Router::new();
    let router = routing::both(router, "/api/costs/pricing", get(pricing));
    let router = routing::both(router, "/api/costs/estimate", post(estimate));
    let router = routing::both(router, "/api/costs/system", get(system));
    let router = routing::both(router, "/api/costs/function/{id}", get(function));
    let router = routing::both(router, "/api/costs/trends", get(trends));
    let router = routing::both(router, "/api/costs/breakdown", get(breakdown));
    routing::both(router, "/api/costs/executions", get(list))
}

async fn pricing(State(api): State<Api>) -> Result<Response, CostsError> {
    data(Pricing::from(api.platform.price_book()))
}

async fn estimate(State(api): State<Api>, request: Request) -> Result<Response, CostsError> {
    let (parts, stream) = request.into_parts();
    let bytes = body(&parts.headers, stream, api.options.max_envelope()).await?;
    let asked = invoke::parse(bytes)?;
    let members = Members::of(&asked)?;
    let function = members
        .string("functionId")?
        .ok_or_else(|| ApiError::invalid("functionId is missing: expected the id of a function"))?;
    let request = EstimateRequest {
        function: function.parse().map_err(|_| ApiError::no_function())?,
        input: executions::input_member(&asked)?,
        duration: members.millis("estimatedDuration")?,
    };
    let estimate = api.platform.costs().estimate(&request).await?;
    data(EstimateBody::from(&estimate))
}

async fn system(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().system(range.period).await?;
    data(SystemCostBody::new(&range, &cost))
}

async fn function(State(api): State<Api>, id: PathId, uri: Uri) -> Result<Response, CostsError> {
    let id = id.function()?;
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().function(id, range.period).await?;
    data(FunctionCostBody::new(&range, &cost))
}

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

async fn breakdown(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let range = range(&api, &Params::of(&uri)?)?;
    let cost = api.platform.costs().system(range.period).await?;
    data(Breakdown::new(&range, &cost))
}

async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, CostsError> {
    let params = Params::of(&uri)?;
    let query = ExecutionQuery {
        function: params.function("functionId")?,
        status: executions::status(&params)?,
        period: Period::ALL,
        before: None,
        limit: params.number("limit", 1..=MAX_LIST, DEFAULT_LIST)? as usize,
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
            ExecutionBody::new(execution, FunctionRef::new(id, labels.get(&id)))
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
