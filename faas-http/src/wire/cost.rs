//! Cost reports.

use faas_core::model::Timestamp;
use faas_core::model::UsageSums;
use faas_core::platform::{FunctionCost, SystemCost};
use faas_core::store::Granularity;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::number::{average_cost, average_millis};
use super::{Dollars, FunctionKey, Millis, Moment, Text};
use crate::dates::DateRange;
use crate::openapi::words;

/// The envelope of every answer about costs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Data<T> {
    success: bool,
    data: T,
}

impl<T> Data<T> {
    pub(crate) const fn new(data: T) -> Self {
        Self {
            success: true,
            data,
        }
    }
}

/// A period as reports name it; the end is the last moment, as the client gave it.
#[derive(Serialize, ToSchema)]
#[schema(as = Period)]
#[serde(rename_all = "camelCase")]
struct PeriodBody {
    start_date: Moment,
    end_date: Moment,
}

impl From<&DateRange> for PeriodBody {
    fn from(range: &DateRange) -> Self {
        Self {
            start_date: Text(range.start),
            end_date: Text(range.end),
        }
    }
}

/// The cost of everything.
#[derive(Serialize, ToSchema)]
#[schema(as = SystemCost)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemCostBody<'a> {
    period: PeriodBody,
    total_system_cost: Dollars,
    total_executions: u64,
    average_cost_per_execution: Dollars,
    function_costs: Vec<SystemCostRow<'a>>,
    scaling_cost: Dollars,
    storage_cost: Dollars,
    grand_total: Dollars,
}

impl<'a> SystemCostBody<'a> {
    pub(crate) fn new(range: &DateRange, cost: &'a SystemCost) -> Self {
        let total = cost.sums.total();
        Self {
            period: range.into(),
            total_system_cost: Dollars(total),
            total_executions: cost.sums.executions,
            average_cost_per_execution: average_cost(total, cost.sums.executions),
            function_costs: cost.functions.iter().map(SystemCostRow::from).collect(),
            scaling_cost: Dollars(cost.scaling),
            storage_cost: Dollars(cost.storage),
            grand_total: Dollars(cost.grand_total()),
        }
    }
}

/// One function's share of everything.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemCostRow<'a> {
    function_id: FunctionKey,
    function_name: &'a str,
    total_cost: Dollars,
    execution_count: u64,
    #[schema(value_type = words::Tier)]
    tier: &'static str,
}

impl<'a> From<&'a FunctionCost> for SystemCostRow<'a> {
    fn from(cost: &'a FunctionCost) -> Self {
        Self {
            function_id: Text(cost.label.id),
            function_name: &cost.label.name,
            total_cost: Dollars(cost.sums.total()),
            execution_count: cost.sums.executions,
            tier: cost.label.tier.as_str(),
        }
    }
}

/// Sums of execution costs, by part.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostParts {
    base_cost: Dollars,
    cold_start_cost: Dollars,
    retry_cost: Dollars,
    data_transfer_cost: Dollars,
}

impl From<&UsageSums> for CostParts {
    fn from(sums: &UsageSums) -> Self {
        Self {
            base_cost: Dollars(sums.base),
            cold_start_cost: Dollars(sums.cold_start),
            retry_cost: Dollars(sums.retry),
            data_transfer_cost: Dollars(sums.data_transfer),
        }
    }
}

/// The cost of one function.
#[derive(Serialize, ToSchema)]
#[schema(as = FunctionCost)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionCostBody<'a> {
    function_id: FunctionKey,
    function_name: &'a str,
    period: PeriodBody,
    total_cost: Dollars,
    execution_count: u64,
    average_cost: Dollars,
    total_duration: Millis,
    average_duration: Millis,
    cost_breakdown: CostParts,
    #[schema(value_type = words::Tier)]
    tier: &'static str,
    storage_cost: Dollars,
}

impl<'a> FunctionCostBody<'a> {
    pub(crate) fn new(range: &DateRange, cost: &'a FunctionCost) -> Self {
        let sums = &cost.sums;
        Self {
            function_id: Text(cost.label.id),
            function_name: &cost.label.name,
            period: range.into(),
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            average_cost: average_cost(sums.total(), sums.executions),
            total_duration: Millis::from_micros(sums.duration_micros),
            average_duration: average_millis(sums.duration_micros, sums.executions),
            cost_breakdown: sums.into(),
            tier: cost.label.tier.as_str(),
            storage_cost: Dollars(cost.storage),
        }
    }
}

/// One function in a breakdown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BreakdownRow<'a> {
    #[serde(rename = "_id")]
    id: FunctionKey,
    function_name: &'a str,
    total_cost: Dollars,
    execution_count: u64,
    total_duration: Millis,
    #[schema(value_type = words::Tier)]
    tier: &'static str,
    cost_breakdown: CostParts,
    average_cost: Dollars,
    average_duration: Millis,
}

impl<'a> From<&'a FunctionCost> for BreakdownRow<'a> {
    fn from(cost: &'a FunctionCost) -> Self {
        let sums = &cost.sums;
        Self {
            id: Text(cost.label.id),
            function_name: &cost.label.name,
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            total_duration: Millis::from_micros(sums.duration_micros),
            tier: cost.label.tier.as_str(),
            cost_breakdown: sums.into(),
            average_cost: average_cost(sums.total(), sums.executions),
            average_duration: average_millis(sums.duration_micros, sums.executions),
        }
    }
}

/// The cost of everything, by function.
#[derive(Serialize, ToSchema)]
pub(crate) struct Breakdown<'a> {
    period: PeriodBody,
    breakdown: Vec<BreakdownRow<'a>>,
}

impl<'a> Breakdown<'a> {
    pub(crate) fn new(range: &DateRange, cost: &'a SystemCost) -> Self {
        Self {
            period: range.into(),
            breakdown: cost.functions.iter().map(BreakdownRow::from).collect(),
        }
    }
}

/// The cost over time.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trends {
    period: TrendsPeriod,
    #[schema(value_type = words::Granularity)]
    granularity: &'static str,
    trends: Vec<Trend>,
}

#[derive(Serialize, ToSchema)]
struct TrendsPeriod {
    start: Moment,
    end: Moment,
}

impl Trends {
    pub(crate) fn new(range: &DateRange, granularity: Granularity, trends: Vec<Trend>) -> Self {
        Self {
            period: TrendsPeriod {
                start: Text(range.start),
                end: Text(range.end),
            },
            granularity: match granularity {
                Granularity::Minute => "minute",
                Granularity::Hour => "hour",
                Granularity::Day => "day",
                Granularity::Month => "month",
            },
            trends,
        }
    }
}

/// The cost of one span of time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trend {
    #[serde(rename = "_id")]
    id: SpanId,
    total_cost: Dollars,
    execution_count: u64,
    average_duration: Millis,
    total_duration: Millis,
}

impl Trend {
    pub(crate) fn new(start: Timestamp, granularity: Granularity, sums: &UsageSums) -> Self {
        Self {
            id: SpanId(start, granularity),
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            average_duration: average_millis(sums.duration_micros, sums.executions),
            total_duration: Millis::from_micros(sums.duration_micros),
        }
    }
}

/// A span of time by its start, as short as its length allows: `2026-01-31 14:00`, `2026-01`.
pub(crate) struct SpanId(Timestamp, Granularity);

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (year, month, day, hour) = self.0.civil();
        let text = match self.1 {
            Granularity::Minute => {
                let minute = self.0.to_datetime().minute();
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
            }
            Granularity::Hour => format!("{year:04}-{month:02}-{day:02} {hour:02}:00"),
            Granularity::Day => format!("{year:04}-{month:02}-{day:02}"),
            Granularity::Month => format!("{year:04}-{month:02}"),
        };
        serializer.serialize_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_named_by_its_start_as_short_as_its_length_allows() {
        let moment = Timestamp::from_millis(1_769_868_309_123);
        let shown = |granularity: Granularity| {
            let trend = Trend::new(
                granularity.floor(moment),
                granularity,
                &UsageSums::default(),
            );
            let text = serde_json::to_string(&trend).unwrap();
            text.split('"').nth(3).unwrap().to_owned()
        };
        assert_eq!(shown(Granularity::Minute), "2026-01-31 14:05");
        assert_eq!(shown(Granularity::Hour), "2026-01-31 14:00");
        assert_eq!(shown(Granularity::Day), "2026-01-31");
        assert_eq!(shown(Granularity::Month), "2026-01");
    }
}
