//! The JSON of the HTTP and WebSocket APIs as Rust types: what a member is called and how its value
//! is written is known here and nowhere else.
//!
//! Servers and clients use the same types. Answers borrow from the model of [`faas_core`] when they
//! are written and own their texts when they are read (`Function<'static>`); requests are
//! constructed with `new` and public members. Inputs and outputs stay JSON text
//! ([`Json`](faas_core::model::Json), `RawValue`) on both sides: nothing is parsed into a tree.
//!
//! ```
//! use faas_api::{Function, NewConfig, NewFunction};
//!
//! // A client writes a request,
//! let mut new = NewFunction::new("add", "adds", "return input.a + input.b");
//! let mut config = NewConfig::default();
//! config.timeout = Some(Some(5_000));
//! new.config = Some(config);
//! let sent = serde_json::to_string(&new)?;
//!
//! // a server reads it, with errors that help,
//! let read: NewFunction = faas_api::read(&sent)?;
//! assert_eq!(read, new);
//! let wrong = faas_api::read::<NewFunction>(r#"{"name": "add", "timeout": 5000}"#).unwrap_err();
//! assert_eq!(wrong.to_string(), r#"unknown member "timeout": "timeout" belongs in "config""#);
//!
//! // and the client reads the answer.
//! let answer = r#"{"_id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "add",
//!     "description": "adds", "code": "return input.a + input.b",
//!     "codeLength": 24, "version": 1, "createdAt": "2026-01-31T14:05:09.123Z", "updatedAt": "2026-01-31T14:05:09.123Z",
//!     "status": "active", "tier": "basic", "config": {"timeout": 5000, "retryCount": 3,
//!     "concurrency": null, "env": {}, "secrets": []}}"#;
//! let function: Function<'static> = serde_json::from_str(answer)?;
//! assert_eq!(function.config.timeout.to_string(), "5000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The types that are answers ignore members that they do not know: a newer server may send more.
//! Requests refuse them. With the feature `openapi` all types describe themselves
//! (`utoipa::ToSchema`), from the same attributes.
//!
//! Read the modules in this order: `number`, `scalar` and `words` (single values), `function`,
//! `alias`, `execution`, `run`, `cost`, `price`, `metrics`, `load_test`, `access` and `error` (the bodies of the HTTP
//! API), [`event`] (the messages of the WebSocket), `read` (reading requests).

mod accept;
mod access;
mod alias;
mod cost;
mod duration;
mod egress;
mod error;
pub mod event;
mod execution;
mod function;
#[cfg(feature = "openapi")]
mod http;
mod kv;
mod load_test;
mod metrics;
mod number;
mod price;
mod read;
#[cfg(feature = "openapi")]
mod retry;
mod run;
mod run_session;
mod scalar;
mod schedule;
#[cfg(feature = "openapi")]
pub mod schema;
#[cfg(feature = "openapi")]
mod tool;
mod words;

pub use accept::{AcceptedBatch, AcceptedOne, BatchExecution, BatchRequest, ExecuteRequest};
pub use access::{Actor, AuditEntry, AuditPage, Key, NewKey, Session, SessionKey};
pub use alias::{Alias, AliasChange, Canary, RollbackIf, Version, VersionStats, Versions};
pub use cost::{
    Breakdown, BreakdownRow, CostParts, Data, FunctionCost, LastExecution, Period, SpanId,
    SystemCost, SystemCostRow, Trend, Trends, TrendsPeriod,
};
pub use duration::{format_duration, parse_duration};
pub use egress::{EgressAddress, EgressCheck, EgressExplanation};
pub use error::{ERROR_CODES, ErrorBody, ErrorDetails, Health, InvocationError};
pub use event::{Since, Subscribe};
pub use execution::{
    Accepted, Attempt, Execution, ExecutionCost, ExecutionPage, FunctionRef, KvOperations, LogLine,
    ResourceUsage, Retried, RetryRequest,
};
pub use function::{
    Function, FunctionChange, FunctionConfig, FunctionSummary, Message, NewConfig, NewFunction,
    Sample, Secret,
};
pub use kv::{KvKey, KvKeyPage, KvNamespace, KvNamespacePage};
pub use load_test::{
    ErrorGroup, EstimatedCost, LoadCost, LoadEstimate, LoadResult, LoadSecond, LoadTest,
    NewLoadTest, ResponseTimes,
};
pub use metrics::{
    HistoryRow, HourId, Overview, OverviewCounts, OverviewPerformance, OverviewScaling,
    ScalingEvent,
};
pub use number::{Cores, Dollars, Millis, Percent, Rate, Seconds};
pub use price::{
    CostRange, Estimate, EstimateParts, EstimateRequest, PriceBook, PriceFactors, TierBounds,
    TierPrice, TierPrices, TierThresholds,
};
pub use read::{ReadError, form_to_json, read, read_form};
pub use run::{RunRequest, ScriptLimits};
pub use run_session::{NewRunSession, RunSession, SessionRunRequest};
pub use scalar::{
    ApiKeyKey, AuditKey, ExecutionKey, FunctionKey, LoadTestKey, Moment, RunSessionKey,
    ScalingEventKey, ScheduleKey, Text, Vocabulary, Word,
};
pub use schedule::{
    NewSchedule, Schedule, ScheduleChange, ScheduleFailure, ScheduleFiring, SchedulePage,
    ScheduleTimes, UpcomingTimes,
};
pub use words::{
    AuditAction, Authentication, Basis, ErrorKind, ExecutionPart, ExecutionStatus, FunctionStatus,
    Granularity, KeyUse, Language, LoadTestStatus, LogLevel, MissedFirings, Part, Role,
    ScalingAction, Tier,
};
