//! Cost reports.

use std::borrow::Cow;
use std::collections::HashMap;

use faas_core::model::{self, Timestamp, UsageSums};
use faas_core::{platform, store};
use serde::{Deserialize, Serialize};

use crate::number::{Dollars, Millis};
use crate::read::value;
use crate::scalar::{ExecutionKey, FunctionKey, Moment, Text, Word};
use crate::words::{ErrorKind, ExecutionStatus, Granularity, Tier};

/// The envelope of every answer about costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Data<T> {
    /// Always true.
    pub success: bool,
    /// The answer itself.
    pub data: T,
}

impl<T> Data<T> {
    /// `data` in its envelope.
    pub const fn new(data: T) -> Self {
        Self {
            success: true,
            data,
        }
    }
}

/// A period; its end is the last moment, as the client gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Period {
    /// Its first moment.
    pub start_date: Moment,
    /// Its last moment.
    pub end_date: Moment,
}

impl Period {
    /// From `start` to `end`.
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self {
            start_date: Moment(start),
            end_date: Moment(end),
        }
    }
}

/// The cost of everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SystemCost<'a> {
    /// The period.
    pub period: Period,
    /// The sum of the executions' costs.
    pub total_system_cost: Dollars,
    /// How many executions ended.
    pub total_executions: u64,
    /// Per execution.
    pub average_cost_per_execution: Dollars,
    /// By function, the most expensive first.
    pub function_costs: Vec<SystemCostRow<'a>>,
    /// Changes of capacity.
    pub scaling_cost: Dollars,
    /// Stored code.
    pub storage_cost: Dollars,
    /// Executions, scaling and storage together.
    pub grand_total: Dollars,
}

impl<'a> SystemCost<'a> {
    /// `cost` in `period`.
    pub fn new(period: Period, cost: &'a platform::SystemCost) -> Self {
        let total = cost.sums.total();
        Self {
            period,
            total_system_cost: Dollars(total),
            total_executions: cost.sums.executions,
            average_cost_per_execution: Dollars::average(total, cost.sums.executions),
            function_costs: cost.functions.iter().map(SystemCostRow::from).collect(),
            scaling_cost: Dollars(cost.scaling),
            storage_cost: Dollars(cost.storage),
            grand_total: Dollars(cost.grand_total()),
        }
    }
}

/// One function's share of the cost of everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SystemCostRow<'a> {
    /// The function.
    pub function_id: FunctionKey,
    /// Its name, or the last it had.
    pub function_name: Cow<'a, str>,
    /// The sum of its executions' costs.
    pub total_cost: Dollars,
    /// How many executions ended.
    pub execution_count: u64,
    /// Its tier.
    pub tier: Tier,
}

impl<'a> From<&'a platform::FunctionCost> for SystemCostRow<'a> {
    fn from(cost: &'a platform::FunctionCost) -> Self {
        Self {
            function_id: Text(cost.label.id),
            function_name: Cow::Borrowed(&cost.label.name),
            total_cost: Dollars(cost.sums.total()),
            execution_count: cost.sums.executions,
            tier: Word(cost.label.tier),
        }
    }
}

/// Sums of execution costs, by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct CostParts {
    /// Run time.
    pub base_cost: Dollars,
    /// Cold starts.
    pub cold_start_cost: Dollars,
    /// Retries.
    pub retry_cost: Dollars,
    /// Input and output.
    pub data_transfer_cost: Dollars,
    /// Operations on keys and values.
    pub kv_cost: Dollars,
}

impl From<&UsageSums> for CostParts {
    fn from(sums: &UsageSums) -> Self {
        Self {
            base_cost: Dollars(sums.base),
            cold_start_cost: Dollars(sums.cold_start),
            retry_cost: Dollars(sums.retry),
            data_transfer_cost: Dollars(sums.data_transfer),
            kv_cost: Dollars(sums.kv),
        }
    }
}

/// The cost of one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FunctionCost<'a> {
    /// The function.
    pub function_id: FunctionKey,
    /// Its name, or the last it had.
    pub function_name: Cow<'a, str>,
    /// The period.
    pub period: Period,
    /// The sum of its executions' costs.
    pub total_cost: Dollars,
    /// How many executions ended.
    pub execution_count: u64,
    /// Per execution.
    pub average_cost: Dollars,
    /// Their run time.
    pub total_duration: Millis,
    /// Per execution.
    pub average_duration: Millis,
    /// The cost by part.
    pub cost_breakdown: CostParts,
    /// Its tier.
    pub tier: Tier,
    /// Its stored code.
    pub storage_cost: Dollars,
}

impl<'a> FunctionCost<'a> {
    /// `cost` in `period`.
    pub fn new(period: Period, cost: &'a platform::FunctionCost) -> Self {
        let sums = &cost.sums;
        Self {
            function_id: Text(cost.label.id),
            function_name: Cow::Borrowed(&cost.label.name),
            period,
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            average_cost: Dollars::average(sums.total(), sums.executions),
            total_duration: Millis::from_micros(sums.duration_micros),
            average_duration: Millis::average(sums.duration_micros, sums.executions),
            cost_breakdown: sums.into(),
            tier: Word(cost.label.tier),
            storage_cost: Dollars(cost.storage),
        }
    }
}

/// The cost of everything, by function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Breakdown<'a> {
    /// The period.
    pub period: Period,
    /// A row for each function, the most expensive first.
    pub breakdown: Vec<BreakdownRow<'a>>,
}

impl<'a> Breakdown<'a> {
    /// `cost` in `period`.
    pub fn new(period: Period, cost: &'a platform::SystemCost) -> Self {
        Self {
            period,
            breakdown: cost.functions.iter().map(BreakdownRow::from).collect(),
        }
    }

    /// The same with the newest execution of each function.
    #[must_use]
    pub fn with_last_executions(
        mut self,
        latest: &HashMap<model::FunctionId, model::ListedExecution>,
    ) -> Self {
        for row in &mut self.breakdown {
            let Text(id) = row.id;
            row.last_execution = Some(latest.get(&id).map(|last| LastExecution::from(&**last)));
        }
        self
    }
}

/// One function in a breakdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BreakdownRow<'a> {
    /// The function.
    #[serde(rename = "_id")]
    pub id: FunctionKey,
    /// Its name, or the last it had.
    pub function_name: Cow<'a, str>,
    /// The sum of its executions' costs.
    pub total_cost: Dollars,
    /// How many executions ended.
    pub execution_count: u64,
    /// Their run time.
    pub total_duration: Millis,
    /// Its tier.
    pub tier: Tier,
    /// The cost by part.
    pub cost_breakdown: CostParts,
    /// Per execution.
    pub average_cost: Dollars,
    /// Per execution.
    pub average_duration: Millis,
    /// Its newest execution, which may be outside the period. Null if it is no longer stored. Absent
    /// without `lastExecution=true`.
    #[serde(
        default,
        deserialize_with = "value::present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<LastExecution>))]
    pub last_execution: Option<Option<LastExecution>>,
}

/// The newest execution of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LastExecution {
    /// The execution.
    #[serde(rename = "_id")]
    pub id: ExecutionKey,
    /// Its state.
    pub status: ExecutionStatus,
    /// The kind of its failure.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub error_kind: Option<ErrorKind>,
    /// When it was accepted.
    pub created_at: Moment,
}

impl From<&model::Execution> for LastExecution {
    fn from(execution: &model::Execution) -> Self {
        let failure = execution.failure.as_ref();
        Self {
            id: Text(execution.id),
            status: Word(execution.status),
            error_kind: failure.map(|failure| Word(failure.kind)),
            created_at: Moment(execution.created_at),
        }
    }
}

impl<'a> From<&'a platform::FunctionCost> for BreakdownRow<'a> {
    fn from(cost: &'a platform::FunctionCost) -> Self {
        let sums = &cost.sums;
        Self {
            id: Text(cost.label.id),
            function_name: Cow::Borrowed(&cost.label.name),
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            total_duration: Millis::from_micros(sums.duration_micros),
            tier: Word(cost.label.tier),
            cost_breakdown: sums.into(),
            average_cost: Dollars::average(sums.total(), sums.executions),
            average_duration: Millis::average(sums.duration_micros, sums.executions),
            last_execution: None,
        }
    }
}

/// The cost over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Trends {
    /// The period.
    pub period: TrendsPeriod,
    /// How long each span is.
    pub granularity: Granularity,
    /// A row for each span that has executions, in time order.
    pub trends: Vec<Trend>,
}

/// The period of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct TrendsPeriod {
    /// Its first moment.
    pub start: Moment,
    /// Its last moment.
    pub end: Moment,
}

impl Trends {
    /// These rows in `period`.
    pub const fn new(period: Period, granularity: store::Granularity, trends: Vec<Trend>) -> Self {
        Self {
            period: TrendsPeriod {
                start: period.start_date,
                end: period.end_date,
            },
            granularity: Word(granularity),
            trends,
        }
    }
}

/// The cost of one span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Trend {
    /// The span.
    #[serde(rename = "_id")]
    pub id: SpanId,
    /// The sum of the executions' costs.
    pub total_cost: Dollars,
    /// How many executions ended.
    pub execution_count: u64,
    /// Per execution.
    pub average_duration: Millis,
    /// Their run time.
    pub total_duration: Millis,
}

impl Trend {
    /// The span that starts at `start`.
    pub fn new(start: Timestamp, granularity: store::Granularity, sums: &UsageSums) -> Self {
        Self {
            id: SpanId::new(start, granularity),
            total_cost: Dollars(sums.total()),
            execution_count: sums.executions,
            average_duration: Millis::average(sums.duration_micros, sums.executions),
            total_duration: Millis::from_micros(sums.duration_micros),
        }
    }
}

/// A span of time in UTC by its start, as short as its length allows: `2026-01-31 14:00`,
/// `2026-01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpanId(pub String);

impl SpanId {
    /// The span that starts at `start`.
    pub fn new(start: Timestamp, granularity: store::Granularity) -> Self {
        let (year, month, day, hour) = start.civil();
        Self(match granularity {
            store::Granularity::Minute => {
                let minute = start.to_datetime().minute();
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
            }
            store::Granularity::Hour => format!("{year:04}-{month:02}-{day:02} {hour:02}:00"),
            store::Granularity::Day => format!("{year:04}-{month:02}-{day:02}"),
            store::Granularity::Month => format!("{year:04}-{month:02}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use faas_core::store::Granularity;

    use super::*;

    #[test]
    fn a_span_is_named_by_its_start_as_short_as_its_length_allows() {
        let moment = Timestamp::from_millis(1_769_868_309_123);
        let shown =
            |granularity: Granularity| SpanId::new(granularity.floor(moment), granularity).0;
        assert_eq!(shown(Granularity::Minute), "2026-01-31 14:05");
        assert_eq!(shown(Granularity::Hour), "2026-01-31 14:00");
        assert_eq!(shown(Granularity::Day), "2026-01-31");
        assert_eq!(shown(Granularity::Month), "2026-01");
    }
}
