//! The OpenAPI schemas of what is not a struct: values that are one string or one number.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::cost::SpanId;
use crate::error::ERROR_CODES;
use crate::execution::{Execution, FunctionRef};
use crate::number::{Cores, Dollars, Millis, Percent, Rate, Seconds};
use crate::scalar::{
    ApiKeyKey, AuditKey, ExecutionKey, FunctionKey, LoadTestKey, Moment, RunSessionKey,
    ScalingEventKey, ScheduleKey, Vocabulary, Word,
};

macro_rules! scalars {
    ($($of:ty => $name:literal, $kind:expr, $format:expr, $description:literal;)*) => {$(
        impl PartialSchema for $of {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type($kind)
                    .format($format)
                    .description(Some($description))
                    .into()
            }
        }

        impl ToSchema for $of {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

fn format(name: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(name.to_owned()))
}

scalars! {
    Dollars => "Dollars", Type::Number, format("double"),
        "US dollars, exact to the nano-dollar (nine decimals).";
    Millis => "Milliseconds", Type::Number, format("double"),
        "Milliseconds, exact to the microsecond (three decimals).";
    Seconds => "Seconds", Type::Number, format("double"),
        "Seconds, exact to the millisecond.";
    Percent => "Percent", Type::Number, format("double"),
        "A share in percent, with two decimals.";
    Rate => "Rate", Type::Number, format("double"),
        "A number per second, with three decimals.";
    Cores => "Cores", Type::Number, format("double"),
        "Processor cores, with three decimals.";
    Moment => "Moment", Type::String, format("date-time"),
        "A moment: RFC 3339 in UTC with milliseconds.";
    SpanId => "SpanId", Type::String, None,
        "The start of a span of time in UTC, as short as its length allows: `2026-01-31 14:05`, \
         `2026-01-31 14:00`, `2026-01-31`, `2026-01`.";
    FunctionKey => "FunctionId", Type::String, format("uuid"),
        "Names a function. Ids sort by time.";
    ExecutionKey => "ExecutionId", Type::String, format("uuid"),
        "Names an execution. Ids sort by time.";
    ScalingEventKey => "ScalingEventId", Type::String, format("uuid"), "Names a scaling event.";
    ApiKeyKey => "KeyId", Type::String, format("uuid"), "Names an API key. It is no secret.";
    AuditKey => "AuditId", Type::String, format("uuid"),
        "Names an entry of the audit log. Ids sort by time.";
    LoadTestKey => "LoadTestId", Type::String, format("uuid"),
        "Names a load test. Ids sort by time.";
    ScheduleKey => "ScheduleId", Type::String, format("uuid"),
        "Names a schedule. Ids sort by time.";
    RunSessionKey => "SessionId", Type::String, format("uuid"),
        "Names a session of code that runs. Ids sort by time.";
}

impl<T: Vocabulary> PartialSchema for Word<T> {
    fn schema() -> RefOr<Schema> {
        words(Self::texts(), T::ABOUT)
    }
}

impl<T: Vocabulary> ToSchema for Word<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

fn words(words: Vec<&'static str>, about: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(about.trim()))
        .into()
}

/// The codes of errors.
pub enum ErrorCode {}

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let about = "Why a request failed: stable, for programs to tell errors apart.";
        words(ERROR_CODES.to_vec(), about)
    }
}

impl ToSchema for ErrorCode {
    fn name() -> Cow<'static, str> {
        "ErrorCode".into()
    }
}

/// The newest executions with their functions' names, in the envelope of the routes about costs.
pub enum NamedExecutions {}

impl PartialSchema for NamedExecutions {
    fn schema() -> RefOr<Schema> {
        let items = Ref::from_schema_name(NamedExecution::name());
        ObjectBuilder::new()
            .description(Some(
                "The newest executions with their functions' names, in the envelope of the routes \
                 about costs.",
            ))
            .property("success", bool::schema())
            .required("success")
            .property("data", ArrayBuilder::new().items(items))
            .required("data")
            .into()
    }
}

impl ToSchema for NamedExecutions {
    fn name() -> Cow<'static, str> {
        "NamedExecutions".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            NamedExecution::name().into_owned(),
            NamedExecution::schema(),
        ));
        NamedExecution::schemas(schemas);
    }
}

/// An execution with its function's names in place of its function's id.
pub enum NamedExecution {}

impl PartialSchema for NamedExecution {
    fn schema() -> RefOr<Schema> {
        Execution::<FunctionRef<'_>>::schema()
    }
}

impl ToSchema for NamedExecution {
    fn name() -> Cow<'static, str> {
        "NamedExecution".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((FunctionRef::name().into_owned(), FunctionRef::schema()));
        FunctionRef::schemas(schemas);
        Execution::<FunctionRef<'_>>::schemas(schemas);
    }
}
