//! The state of the platform, and what happened over time.

use std::borrow::Cow;

use faas_core::model::{self, UsageSums};
use faas_core::platform;
use serde::{Deserialize, Serialize};

use crate::number::{Millis, Percent};
use crate::scalar::{FunctionKey, Moment, ScalingEventKey, Text, Word};
use crate::words::ScalingAction;

/// The state of the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Overview<'a> {
    /// Counts.
    pub overview: OverviewCounts,
    /// Run times.
    pub performance: OverviewPerformance,
    /// Capacity.
    pub scaling: OverviewScaling<'a>,
}

/// Counts of executions, functions and instances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct OverviewCounts {
    /// All executions that there are or were.
    pub total_executions: u64,
    /// Executions accepted in the last hour.
    pub recent_executions: u64,
    /// Completed executions, of those accepted in the last hour.
    pub completed_executions: u64,
    /// Failed executions, of those accepted in the last hour.
    pub failed_executions: u64,
    /// Executions that have not ended: those that wait and those that run.
    pub pending_executions: u64,
    /// Completed executions of the last hour, in percent of those that ended.
    pub success_rate: Percent,
    /// Functions that take executions.
    pub active_functions: u64,
    /// The size of the pool of instances now.
    pub current_instances: usize,
    /// Executions that wait for an instance of this server.
    pub queued_executions: usize,
    /// Executions that run on this server.
    pub running_executions: usize,
    /// Executions on this server that have begun and hold no instance, because their code waits for
    /// a timer or a host call.
    pub waiting_executions: usize,
    /// Executions of the last hour with a cold start, in percent of those that ended.
    pub cold_start_rate: Percent,
}

/// Run times of the last hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct OverviewPerformance {
    /// The mean.
    pub average_execution_time: Millis,
    /// Executions accepted in the last 24 hours.
    pub total_executions_today: u64,
    /// The median.
    pub p50: Millis,
    /// The 95th percentile.
    pub p95: Millis,
    /// The 99th percentile.
    pub p99: Millis,
}

/// Capacity and its latest changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct OverviewScaling<'a> {
    /// The newest changes, newest first.
    pub recent_events: Vec<ScalingEvent<'a>>,
    /// The size of the pool of instances now.
    pub current_instances: usize,
}

impl<'a> From<&'a platform::Overview> for Overview<'a> {
    fn from(state: &'a platform::Overview) -> Self {
        let totals = state.totals;
        let UsageSums {
            executions,
            failed,
            cold,
            duration_micros,
            ..
        } = state.last_hour;
        Self {
            overview: OverviewCounts {
                total_executions: state.unfinished + totals.completed + totals.failed,
                recent_executions: executions + state.unfinished_last_hour,
                completed_executions: executions.saturating_sub(failed),
                failed_executions: failed,
                pending_executions: state.unfinished,
                success_rate: Percent::of(executions.saturating_sub(failed), executions),
                active_functions: state.active_functions,
                current_instances: state.instances,
                queued_executions: state.queued,
                running_executions: state.running,
                waiting_executions: state.waiting,
                cold_start_rate: Percent::of(cold, executions),
            },
            performance: OverviewPerformance {
                average_execution_time: Millis::average(duration_micros, executions),
                total_executions_today: state.last_day.executions + state.unfinished_last_day,
                p50: Millis(state.p50),
                p95: Millis(state.p95),
                p99: Millis(state.p99),
            },
            scaling: OverviewScaling {
                recent_events: state
                    .recent_scaling
                    .iter()
                    .map(ScalingEvent::from)
                    .collect(),
                current_instances: state.instances,
            },
        }
    }
}

/// A change of capacity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScalingEvent<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ScalingEventKey,
    /// The function that caused it, where it was one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub function_id: Option<FunctionKey>,
    /// Its direction.
    pub action: ScalingAction,
    /// The number of instances after it.
    pub instance_count: u32,
    /// When.
    pub timestamp: Moment,
    /// Why, in words.
    pub reason: Cow<'a, str>,
}

impl<'a> From<&'a model::ScalingEvent> for ScalingEvent<'a> {
    fn from(event: &'a model::ScalingEvent) -> Self {
        Self {
            id: Text(event.id),
            function_id: event.function_id.map(Text),
            action: Word(event.action),
            instance_count: event.instance_count,
            timestamp: Moment(event.at),
            reason: Cow::Borrowed(&event.reason),
        }
    }
}

/// The executions of one hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HistoryRow {
    /// The hour.
    #[serde(rename = "_id")]
    pub id: HourId,
    /// The start of the hour.
    pub bucket: Moment,
    /// Executions that were accepted in it, those that have not ended included.
    pub total: u64,
    /// Of these, the ones that completed.
    pub completed: u64,
    /// Of these, the ones that failed.
    pub failed: u64,
}

/// An hour in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HourId {
    /// 0 to 23.
    pub hour: u8,
    /// 1 to 31.
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
    /// The year.
    pub year: i32,
}

impl From<&platform::HourOfExecutions> for HistoryRow {
    fn from(hour_of: &platform::HourOfExecutions) -> Self {
        let (year, month, day, hour) = hour_of.start.civil();
        let UsageSums {
            executions, failed, ..
        } = hour_of.ended;
        Self {
            id: HourId {
                hour,
                day,
                month,
                year,
            },
            bucket: Moment(hour_of.start),
            total: executions + hour_of.unfinished,
            completed: executions.saturating_sub(failed),
            failed,
        }
    }
}
