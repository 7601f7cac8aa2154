//! Requests for executions that nobody waits for, one or many.

use std::borrow::Cow;

use faas_core::model::{ExecutionId, Queueing, Status};
use faas_core::platform::CallOptions;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::duration;
use crate::read::value;
use crate::scalar::{ExecutionKey, Moment, Text, Word};
use crate::words::ExecutionStatus;

/// What to execute a function with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ExecuteRequest<'a> {
    /// Any JSON; absent or null: `{}`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
    /// How long it stays pending before it is due: a whole number with ms, s, m, h or d, such as `5m`;
    /// at most 366 days. Not together with `runAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Cow<'a, str>>,
    /// When it is due, at most 366 days ahead; a time in the past means at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Moment>,
    /// Executions of higher priority start before others of the same function that wait. Default: 0.
    #[serde(default, skip_serializing_if = "value::is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = -100, maximum = 100))]
    pub priority: i8,
    /// Of the executions of the function with the same key, only `config.concurrencyPerKey` run at a
    /// time on each server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub concurrency_key: Option<Cow<'a, str>>,
    /// While an execution of the function with this key has not ended, no other with the key is
    /// accepted: the answer is about the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub singleton_key: Option<Cow<'a, str>>,
}

impl<'a> ExecuteRequest<'a> {
    /// With this input.
    pub const fn new(input: &'a RawValue) -> Self {
        Self {
            input: Some(input),
            delay: None,
            run_at: None,
            priority: 0,
            concurrency_key: None,
            singleton_key: None,
        }
    }

    /// Sets when the execution is due, and how it is queued.
    ///
    /// # Errors
    /// What is wrong with `delay`.
    pub fn set(&self, options: &mut CallOptions) -> Result<(), String> {
        options.queueing = queueing(
            self.priority,
            self.concurrency_key.as_deref(),
            self.singleton_key.as_deref(),
        );
        set_due(self.delay.as_deref(), self.run_at, options)
    }
}

fn queueing(priority: i8, concurrency_key: Option<&str>, singleton_key: Option<&str>) -> Queueing {
    Queueing {
        priority,
        concurrency_key: concurrency_key.map(Into::into),
        singleton_key: singleton_key.map(Into::into),
    }
}

fn set_due(
    delay: Option<&str>,
    run_at: Option<Moment>,
    options: &mut CallOptions,
) -> Result<(), String> {
    options.run_at = run_at.map(|at| at.0);
    if let Some(text) = delay {
        let delay = duration::parse_duration(text);
        options.delay = Some(delay.ok_or_else(|| duration::invalid("delay", text))?);
    }
    Ok(())
}

/// Executions of one function that are accepted together or not at all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BatchRequest<'a> {
    /// The executions. Their inputs have at most 8 MiB together.
    #[serde(borrow)]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub executions: Vec<BatchExecution<'a>>,
}

impl<'a> BatchRequest<'a> {
    /// With these executions.
    pub const fn new(executions: Vec<BatchExecution<'a>>) -> Self {
        Self { executions }
    }
}

/// One execution of a batch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BatchExecution<'a> {
    /// Any JSON; absent or null: `{}`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
    /// The same key, function and input within 24 hours mean the first execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub idempotency_key: Option<Cow<'a, str>>,
    /// How long it stays pending before it is due, such as `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Cow<'a, str>>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Moment>,
    /// Executions of higher priority start before others of the same function that wait. Default: 0.
    #[serde(default, skip_serializing_if = "value::is_zero")]
    #[cfg_attr(feature = "openapi", schema(minimum = -100, maximum = 100))]
    pub priority: i8,
    /// Of the executions of the function with the same key, only `config.concurrencyPerKey` run at a
    /// time on each server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub concurrency_key: Option<Cow<'a, str>>,
    /// While an execution of the function with this key has not ended, no other with the key is
    /// accepted: the answer is about the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub singleton_key: Option<Cow<'a, str>>,
}

impl<'a> BatchExecution<'a> {
    /// With this input.
    pub const fn new(input: &'a RawValue) -> Self {
        Self {
            input: Some(input),
            idempotency_key: None,
            delay: None,
            run_at: None,
            priority: 0,
            concurrency_key: None,
            singleton_key: None,
        }
    }

    /// Sets when the execution is due, and how it is queued.
    ///
    /// # Errors
    /// What is wrong with `delay`.
    pub fn set(&self, options: &mut CallOptions) -> Result<(), String> {
        options.queueing = queueing(
            self.priority,
            self.concurrency_key.as_deref(),
            self.singleton_key.as_deref(),
        );
        set_due(self.delay.as_deref(), self.run_at, options)
    }
}

/// The executions of a batch, which are stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AcceptedBatch {
    /// The executions, in the order of the request.
    pub executions: Vec<AcceptedOne>,
}

impl AcceptedBatch {
    /// With these executions.
    pub const fn new(executions: Vec<AcceptedOne>) -> Self {
        Self { executions }
    }
}

/// One execution of a batch, which is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AcceptedOne {
    /// The execution.
    pub execution_id: ExecutionKey,
    /// Its state.
    pub status: ExecutionStatus,
    /// Whether it was accepted earlier, with the same idempotency key.
    pub duplicate: bool,
}

impl AcceptedOne {
    /// The execution `id` in the state `status`.
    pub const fn new(id: ExecutionId, status: Status, duplicate: bool) -> Self {
        Self {
            execution_id: Text(id),
            status: Word(status),
            duplicate,
        }
    }
}
