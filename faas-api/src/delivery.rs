//! Destinations of functions, and deliveries to them.

use std::borrow::Cow;

use faas_core::model::{self, DeliveryState as State, FunctionId};
use serde::{Deserialize, Serialize};

use crate::scalar::{DeliveryKey, ExecutionKey, FunctionKey, Moment, Text, Word};
use crate::words::{DeliveryCondition, DeliveryStatus, DeliveryWord};

/// The result of an asynchronous execution on its way to one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Delivery<'a> {
    /// Its id. A webhook gets it as `webhook-id`.
    #[serde(rename = "_id")]
    pub id: DeliveryKey,
    /// The execution whose result is delivered.
    pub execution_id: ExecutionKey,
    /// The function of the execution.
    pub function_id: FunctionKey,
    /// Which list of destinations asks for it.
    pub condition: DeliveryCondition,
    /// Where it goes.
    #[cfg_attr(feature = "openapi", schema(value_type = DestinationTarget))]
    pub target: Cow<'a, model::Target>,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// When the next attempt may be made; null: none will be.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub due_at: Option<Moment>,
    /// How many attempts were made, since it was replayed last.
    pub attempt_count: u32,
    /// The latest attempts, oldest first, at most 4.
    pub attempts: Vec<DeliveryAttempt<'a>>,
    /// How often it was replayed by hand.
    pub replays: u32,
    /// The execution that the function of the destination has accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub accepted_execution_id: Option<ExecutionKey>,
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeliveryAttempt<'a> {
    /// When it ended.
    pub at: Moment,
    /// The HTTP status, if there was a response.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub status: Option<u16>,
    /// What happened, with the beginning of the response if it failed.
    pub message: Cow<'a, str>,
}

impl<'a> Delivery<'a> {
    /// The delivery with this id, of an execution of this function.
    pub fn new(id: model::DeliveryId, function: FunctionId, one: &'a model::Delivery) -> Self {
        Self {
            id: Text(id),
            execution_id: Text(id.execution),
            function_id: Text(function),
            condition: Word(one.on),
            target: Cow::Borrowed(&one.target),
            status: Word(DeliveryWord::of(one.state)),
            due_at: match one.state {
                State::Pending { due } => Some(Moment(due)),
                _ => None,
            },
            attempt_count: one.attempt_count,
            attempts: one.attempts.iter().map(DeliveryAttempt::from).collect(),
            replays: one.replays,
            accepted_execution_id: one.execution.map(Text),
        }
    }
}

impl<'a> From<&'a model::DeliveryAttempt> for DeliveryAttempt<'a> {
    fn from(attempt: &'a model::DeliveryAttempt) -> Self {
        Self {
            at: Moment(attempt.at),
            status: attempt.status,
            message: Cow::Borrowed(&attempt.message),
        }
    }
}

/// Deliveries, those of the newest executions first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeliveryPage<'a> {
    /// The deliveries.
    pub deliveries: Vec<Delivery<'a>>,
    /// The `cursor` of the next page; null: this is the last.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<ExecutionKey>,
}

impl<'a> DeliveryPage<'a> {
    /// These deliveries, with more after `next_cursor`.
    pub const fn new(deliveries: Vec<Delivery<'a>>, next_cursor: Option<ExecutionKey>) -> Self {
        Self {
            deliveries,
            next_cursor,
        }
    }
}

/// Where the results of asynchronous executions are sent. At most 5 targets in each list.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(as = Destinations, rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct Destinations {
    /// Of executions that have completed.
    #[schema(nullable = false, max_items = 5)]
    on_success: Option<Vec<DestinationTarget>>,
    /// Of executions that have failed for good.
    #[schema(nullable = false, max_items = 5)]
    on_failure: Option<Vec<DestinationTarget>>,
    /// Of both.
    #[schema(nullable = false, max_items = 5)]
    on_end: Option<Vec<DestinationTarget>>,
}

/// What a result is sent to: exactly one of the members.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct DestinationTarget {
    /// The name of a function. It runs with the result as its input.
    #[schema(nullable = false)]
    function: Option<String>,
    /// A URL that the result is posted to.
    #[schema(nullable = false)]
    webhook: Option<Webhook>,
    /// A function of the host, as `BINDING.FUNCTION`. It is called with the result.
    #[schema(nullable = false)]
    binding: Option<String>,
}

/// A webhook, as the specification "Standard Webhooks" says.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct Webhook {
    /// An absolute URL with `https` or `http`.
    #[schema(max_length = 1024)]
    url: String,
    /// The name of the function's secret that has the signing key: `whsec_` and Base64. Its code does not
    /// get this secret. Absent: the requests are not signed.
    #[schema(nullable = false)]
    secret: Option<String>,
}
