//! Deliveries of results to destinations: listing and repeating them.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::model::{AuditAction, DeliveryState};
use faas_core::platform::{DeliveryQuery, deliveries};
use utoipa_axum::routes;

use super::{DEFAULT_LIST, cursor};
use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The most executions whose deliveries are in a list.
const MAX_EXECUTIONS: u32 = 200;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(of_execution))
        .add(Needs::Key(Read), routes!(of_function))
        .add(Needs::Key(Develop), routes!(replay))
}

#[utoipa::path(get, path = "/api/executions/{id}/deliveries", tag = "Destinations", operation_id = "listDeliveriesOfExecution",
    summary = "The deliveries of an execution: none until it has ended.",
    params(("id" = wire::ExecutionKey, Path, description = "The execution.")),
    responses(
        (status = 200, description = "The deliveries.", body = wire::DeliveryPage),
        errors::NoExecution
    )
)]
async fn of_execution(State(api): State<Api>, id: PathId) -> Result<Response, ApiError> {
    let execution = api.platform.executions().get(id.execution()?).await?;
    let made = deliveries(&execution);
    let made = made.map(|(id, one)| wire::Delivery::new(id, execution.function_id, one));
    answer::json(
        StatusCode::OK,
        &wire::DeliveryPage::new(made.collect(), None),
    )
}

#[utoipa::path(get, path = "/api/functions/{id}/deliveries", tag = "Destinations", operation_id = "listDeliveriesOfFunction",
    summary = "The deliveries of a function's executions, those of the newest executions first, page by page.",
    params(
        ("id" = wire::FunctionKey, Path, description = "The function."),
        ("status" = Option<String>, Query, description = "`failed`: only those that have failed."),
        ("limit" = Option<u32>, Query, description = "Of how many executions at most. Default: 50. A larger number counts as 200.", minimum = 1, maximum = 200),
        ("cursor" = Option<wire::ExecutionKey>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page.", body = wire::DeliveryPage),
        errors::Invalid,
        errors::NoFunction
    )
)]
async fn of_function(State(api): State<Api>, id: PathId, uri: Uri) -> Result<Response, ApiError> {
    let function = id.function()?;
    let params = Params::of(&uri)?;
    let limit = params.number("limit", 1..=MAX_EXECUTIONS, DEFAULT_LIST)? as usize;
    let failed = params
        .choice("status", &[("failed", true)])?
        .unwrap_or(false);
    let query = DeliveryQuery {
        function,
        failed,
        before: cursor(&params)?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let found = api.platform.deliveries().list(&query).await?;
    let more = found.len() > limit;
    let page = found.get(..limit).unwrap_or(&found);
    let made = page.iter().flat_map(|one| deliveries(one));
    let made = made.filter(|(_, one)| !failed || one.state == DeliveryState::Failed);
    let made = made.map(|(id, one)| wire::Delivery::new(id, function, one));
    let next = page.last().filter(|_| more).map(|last| last.id.into());
    answer::json(
        StatusCode::OK,
        &wire::DeliveryPage::new(made.collect(), next),
    )
}

#[utoipa::path(post, path = "/api/deliveries/{id}/replay", tag = "Destinations", operation_id = "replayDelivery",
    summary = "Makes a delivery again that has succeeded or failed. A webhook gets the same `webhook-id`; a function runs again.",
    params(("id" = wire::DeliveryKey, Path, description = "The delivery.")),
    responses(
        (status = 202, description = "It will be made.", body = wire::Delivery),
        errors::NoDelivery,
        errors::Conflict
    )
)]
async fn replay(
    State(api): State<Api>,
    id: PathId,
    request: Request,
) -> Result<Response, ApiError> {
    let id = id.delivery()?;
    let by = actor(request.extensions());
    let (function, delivery) = api.platform.deliveries().replay(id).await?;
    api.note(&by, AuditAction::DeliveryReplayed, id).await;
    answer::json(
        StatusCode::ACCEPTED,
        &wire::Delivery::new(id, function, &delivery),
    )
}
