//! The state of the platform, and what happened over time.

use faas_core::model::UsageSums;
use faas_core::model::{ScalingEvent, Timestamp};
use faas_core::platform::Overview;
use serde::Serialize;
use utoipa::ToSchema;

use super::number::{Percent, average_millis};
use super::{FunctionKey, Millis, Moment, ScalingEventKey, Text};
use crate::openapi::words;

/// The state of the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = Overview)]
pub(crate) struct OverviewBody<'a> {
    overview: Counts,
    performance: Performance,
    scaling: Scaling<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OverviewCounts)]
#[serde(rename_all = "camelCase")]
struct Counts {
    total_executions: u64,
    recent_executions: u64,
    completed_executions: u64,
    failed_executions: u64,
    pending_executions: u64,
    success_rate: Percent,
    active_functions: u64,
    current_instances: usize,
    queued_executions: usize,
    running_executions: usize,
    cold_start_rate: Percent,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OverviewPerformance)]
#[serde(rename_all = "camelCase")]
struct Performance {
    average_execution_time: Millis,
    total_executions_today: u64,
    p50: Millis,
    p95: Millis,
    p99: Millis,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OverviewScaling)]
#[serde(rename_all = "camelCase")]
struct Scaling<'a> {
    recent_events: Vec<ScalingBody<'a>>,
    current_instances: usize,
}

impl<'a> From<&'a Overview> for OverviewBody<'a> {
    fn from(state: &'a Overview) -> Self {
        let totals = state.totals;
        let UsageSums {
            executions,
            failed,
            cold,
            duration_micros,
            ..
        } = state.last_hour;
        Self {
            overview: Counts {
                total_executions: totals.pending
                    + totals.running
                    + totals.completed
                    + totals.failed,
                recent_executions: executions,
                completed_executions: totals.completed,
                failed_executions: totals.failed,
                pending_executions: totals.pending,
                success_rate: Percent {
                    part: executions.saturating_sub(failed),
                    whole: executions,
                },
                active_functions: state.active_functions,
                current_instances: state.instances,
                queued_executions: state.queued,
                running_executions: state.running,
                cold_start_rate: Percent {
                    part: cold,
                    whole: executions,
                },
            },
            performance: Performance {
                average_execution_time: average_millis(duration_micros, executions),
                total_executions_today: state.today.executions,
                p50: Millis(state.p50),
                p95: Millis(state.p95),
                p99: Millis(state.p99),
            },
            scaling: Scaling {
                recent_events: state.recent_scaling.iter().map(ScalingBody::from).collect(),
                current_instances: state.instances,
            },
        }
    }
}

/// A scaling event.
#[derive(Serialize, ToSchema)]
#[schema(as = ScalingEvent)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScalingBody<'a> {
    #[serde(rename = "_id")]
    id: ScalingEventKey,
    #[schema(required)]
    function_id: Option<FunctionKey>,
    #[schema(value_type = words::ScalingAction)]
    action: &'static str,
    instance_count: u32,
    timestamp: Moment,
    reason: &'a str,
}

impl<'a> From<&'a ScalingEvent> for ScalingBody<'a> {
    fn from(event: &'a ScalingEvent) -> Self {
        Self {
            id: Text(event.id),
            function_id: event.function_id.map(Text),
            action: event.action.as_str(),
            instance_count: event.instance_count,
            timestamp: Text(event.at),
            reason: &event.reason,
        }
    }
}

/// What ended of the executions of one hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryRow {
    #[serde(rename = "_id")]
    id: HourId,
    bucket: Moment,
    total: u64,
    completed: u64,
    failed: u64,
}

/// An hour in UTC.
#[derive(Serialize, ToSchema)]
struct HourId {
    hour: u8,
    day: u8,
    month: u8,
    year: i32,
}

impl HistoryRow {
    /// The hour that starts at `start`.
    pub(crate) fn new(start: Timestamp, sums: &UsageSums) -> Self {
        let (year, month, day, hour) = start.civil();
        Self {
            id: HourId {
                hour,
                day,
                month,
                year,
            },
            bucket: Text(start),
            total: sums.executions,
            completed: sums.executions.saturating_sub(sums.failed),
            failed: sums.failed,
        }
    }
}
