//! The words that a text can be, as the model writes them.

use std::borrow::Cow;

use faas_core::model::{
    AuditAction as Audited, FailureKind, FunctionStatus as Function, LogLevel as Level,
    Role as OfKey,
};
use faas_core::model::{Basis as Estimated, LoadTestStatus as Load};
use faas_core::model::{ScalingAction as Scaling, Status, Tier as OfModel};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::price;

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident: $words:expr;)*) => {$(
        $(#[doc = $doc])*
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some($words))
                    .description(Some(concat!($($doc),*).trim()))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

words! {
    /// The price tier of a function.
    Tier: OfModel::ALL.map(OfModel::as_str);
    /// Whether a function takes executions.
    FunctionStatus: [Function::Active, Function::Inactive].map(Function::as_str);
    /// Where an execution is.
    ExecutionStatus: [Status::Pending, Status::Running, Status::Completed, Status::Failed]
        .map(Status::as_str);
    /// Why an execution failed.
    ErrorKind: FailureKind::ALL.map(FailureKind::as_str);
    /// A part of an execution that a list may leave out.
    ExecutionPart: ["input", "output", "logs", "attempts"];
    /// How a line was written to the console.
    LogLevel: [Level::Debug, Level::Log, Level::Info, Level::Warn, Level::Error].map(Level::as_str);
    /// Which way capacity went.
    ScalingAction: [Scaling::Up, Scaling::Down].map(Scaling::as_str);
    /// Where an estimate's duration comes from.
    Basis: [Estimated::History, Estimated::Given, Estimated::Probe, Estimated::Default].map(price::basis);
    /// How long the spans of a trend are.
    Granularity: ["minute", "hour", "day", "month"];
    /// Where a load test is.
    LoadTestStatus: [Load::Running, Load::Stopping, Load::Completed, Load::Stopped, Load::Interrupted]
        .map(Load::as_str);
    /// What a key allows. `invoker` calls functions and reads single executions; `reader` reads all but
    /// keys and audit log; `developer` includes both and changes functions; `admin` does everything.
    Role: OfKey::ALL.map(OfKey::as_str);
    /// What was done.
    AuditAction: Audited::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>();
    /// Whether keys are in use.
    Authentication: ["required", "off"];
    /// Why a request failed: stable, for programs to tell errors apart.
    ErrorCode: crate::error::CODES;
}
