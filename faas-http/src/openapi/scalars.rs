//! The schemas of single values: what is written by hand is described by hand.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::number::{Dollars, Millis, Percent, Ratio, Seconds, Thousandths};
use crate::wire::{
    ApiKeyKey, AuditKey, ExecutionKey, FunctionKey, LoadTestKey, Moment, ScalingEventKey, SpanId,
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
    Ratio => "Rate", Type::Number, format("double"),
        "How many for each second, with three decimals.";
    Thousandths => "Cores", Type::Number, format("double"),
        "Processor cores, with three decimals.";
    Moment => "Moment", Type::String, format("date-time"),
        "A moment: RFC 3339 in UTC with milliseconds.";
    SpanId => "SpanId", Type::String, None,
        "The start of a span of time in UTC, as short as its length allows: `2026-01-31 14:05`, \
         `2026-01-31 14:00`, `2026-01-31`, `2026-01`.";
    FunctionKey => "FunctionId", Type::String, format("uuid"), "Names a function. Ids sort by time.";
    ExecutionKey => "ExecutionId", Type::String, format("uuid"), "Names an execution. Ids sort by time.";
    ScalingEventKey => "ScalingEventId", Type::String, format("uuid"), "Names a scaling event.";
    ApiKeyKey => "KeyId", Type::String, format("uuid"), "Names an API key. It is no secret.";
    AuditKey => "AuditId", Type::String, format("uuid"), "Names an entry of the audit log. Ids sort by time.";
    LoadTestKey => "LoadTestId", Type::String, format("uuid"), "Names a load test. Ids sort by time.";
}
