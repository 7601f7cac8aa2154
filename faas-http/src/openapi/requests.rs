//! The shapes of request bodies. They are read member by member, with a message for each that is
//! wrong, so these types are for the document only.
#![expect(dead_code, reason = "never made: they describe")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::words;
use crate::wire::{FunctionKey, Millis};

/// A function to be uploaded.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewFunction {
    /// Unique, 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    #[schema(min_length = 1)]
    description: String,
    /// JavaScript: a body that returns, declarations, or a module.
    #[schema(min_length = 1)]
    code: String,
    config: Option<NewConfig>,
}

/// What to change of a function; what is not named stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct FunctionChange {
    /// Unique, 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128, nullable = false)]
    name: Option<String>,
    #[schema(min_length = 1, nullable = false)]
    description: Option<String>,
    #[schema(min_length = 1, nullable = false)]
    code: Option<String>,
    #[schema(nullable = false)]
    status: Option<words::FunctionStatus>,
    config: Option<NewConfig>,
}

/// A function's limits; what is not named has its default, or stays. Other members are refused.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewConfig {
    /// Milliseconds that a call may run. Default: 30000.
    #[schema(minimum = 1, nullable = false)]
    timeout: Option<u64>,
    /// How often a failed asynchronous execution is tried again. Default: 3.
    #[schema(maximum = 10, nullable = false)]
    retry_count: Option<u32>,
    /// How many executions of it may run at once; null: as many as there are instances.
    concurrency: Option<u32>,
    /// Names and values that its code finds in `context.env`. Each is set, or with null removed;
    /// what is not named stays. A name has letters, digits and `_`, no digit first, and at most 128
    /// of them. At most 100 names and 65536 bytes, secrets included.
    #[schema(nullable = false)]
    env: Option<BTreeMap<String, Option<String>>>,
    /// Like `env`, for values that nobody but its code can read. They are encrypted before they are
    /// stored, and no answer tells them. A name is in one of the two. Needs a server with a secret
    /// key. The list of names that answers have in this place changes nothing.
    #[schema(write_only, nullable = false)]
    secrets: Option<BTreeMap<String, Option<String>>>,
}

/// What to execute with.
#[derive(ToSchema)]
pub(crate) struct ExecuteRequest {
    /// Any JSON; absent or null: `{}`.
    input: Option<Value>,
}

/// What to estimate.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct EstimateRequest {
    function_id: FunctionKey,
    /// Counts with its size.
    input: Option<Value>,
    /// Default: the function's recent median, or a second.
    #[schema(nullable = false)]
    estimated_duration: Option<Millis>,
}

/// A load test. Other members are refused.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewLoadTest {
    function_id: FunctionKey,
    /// How many calls may be under way at once. Default: 20.
    #[schema(minimum = 1, maximum = 100, nullable = false)]
    concurrency: Option<u32>,
    /// For how many seconds calls are begun. Default: 30.
    #[schema(minimum = 1, maximum = 300, nullable = false)]
    duration_seconds: Option<u64>,
    /// Calls for each second, whatever the platform can do (an open loop). Absent or null: each of
    /// the callers waits for an answer before it calls again (a closed loop).
    #[schema(exclusive_minimum = 0.0, maximum = 10000.0)]
    rate: Option<f64>,
    /// The input; absent or null: `{}`. In its strings, `{{i}}` stands for the number of the call,
    /// from 0, and `{{random}}` for a random whole number; a string that is nothing but one of them
    /// becomes that number.
    input: Option<Value>,
}

/// A key to be made. Other members are refused.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct NewKey {
    /// Unique among keys that are not revoked, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    role: words::Role,
    /// RFC 3339; absent or null: it does not expire.
    expires_at: Option<String>,
}
