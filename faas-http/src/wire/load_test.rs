//! Load tests.

use faas_core::model::Json;
use faas_core::model::{ErrorGroup, LoadEstimate, LoadResult, LoadTest, ResponseTimes, Second};
use serde::Serialize;
use utoipa::ToSchema;

use super::cost::CostParts;
use super::number::{Percent, Ratio, Seconds, average_cost, cost_per_second};
use super::{Dollars, FunctionKey, LoadTestKey, Millis, Moment, ScalingBody, Text, price};
use crate::openapi::words;

/// A load test: what was asked for, what was expected, and what has come of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoadTest)]
pub(crate) struct LoadTestBody<'a> {
    #[serde(rename = "_id")]
    id: LoadTestKey,
    function_id: FunctionKey,
    /// At the start.
    function_name: &'a str,
    #[schema(value_type = words::LoadTestStatus)]
    status: &'static str,
    /// How many calls may be under way at once.
    concurrency: u32,
    /// For how many seconds calls are begun.
    duration_seconds: u64,
    /// Calls for each second, in an open loop; null: closed loop.
    #[schema(required)]
    rate: Option<f64>,
    /// The template of the input.
    #[schema(value_type = serde_json::Value)]
    input: &'a Json,
    created_at: Moment,
    updated_at: Moment,
    #[schema(required)]
    ended_at: Option<Moment>,
    estimate: LoadEstimateBody,
    result: LoadResultBody<'a>,
}

impl<'a> From<&'a LoadTest> for LoadTestBody<'a> {
    fn from(test: &'a LoadTest) -> Self {
        Self {
            id: Text(test.id),
            function_id: Text(test.function_id),
            function_name: &test.function_name,
            status: test.status.as_str(),
            concurrency: test.concurrency,
            duration_seconds: test.duration.as_secs(),
            rate: test.rate,
            input: &test.input,
            created_at: Text(test.created_at),
            updated_at: Text(test.updated_at),
            ended_at: test.ended_at.map(Text),
            estimate: LoadEstimateBody::from(&test.estimate),
            result: LoadResultBody::new(test),
        }
    }
}

/// What a load test is expected to do and cost.
#[derive(Serialize, ToSchema)]
#[schema(as = LoadEstimate)]
pub(crate) struct LoadEstimateBody {
    /// How many calls.
    requests: u64,
    /// What all of them cost.
    total: Dollars,
    /// At the 5th percentile of the recent run times, all warm.
    low: Dollars,
    /// At their 95th percentile, all cold.
    high: Dollars,
    /// How long each is taken to run.
    duration: Millis,
    #[schema(value_type = words::Basis)]
    basis: &'static str,
}

impl From<&LoadEstimate> for LoadEstimateBody {
    fn from(estimate: &LoadEstimate) -> Self {
        Self {
            requests: estimate.requests,
            total: Dollars(estimate.total),
            low: Dollars(estimate.low),
            high: Dollars(estimate.high),
            duration: Millis(estimate.duration),
            basis: price::basis(estimate.basis),
        }
    }
}

/// What has come of a load test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoadResult)]
struct LoadResultBody<'a> {
    /// For how long it has run.
    elapsed_seconds: Seconds,
    /// All calls.
    total: u64,
    /// Calls that returned a value.
    completed: u64,
    /// All others: those that failed, were refused or, in an open loop, not begun in time.
    failed: u64,
    success_rate: Percent,
    requests_per_second: Ratio,
    response_time: ResponseTimesBody,
    cold_starts: u64,
    /// Changes of capacity while it ran, in the order of time.
    scaling_events: Vec<ScalingBody<'a>>,
    cost: LoadCost,
    /// Why calls failed, the most frequent first.
    errors: Vec<ErrorGroupBody<'a>>,
    timeline: Vec<SecondBody>,
}

impl<'a> LoadResultBody<'a> {
    fn new(test: &'a LoadTest) -> Self {
        let result = &test.result;
        Self {
            elapsed_seconds: Seconds(result.elapsed),
            total: result.total(),
            completed: result.completed(),
            failed: result.failed(),
            success_rate: Percent {
                part: result.completed(),
                whole: result.total(),
            },
            requests_per_second: Ratio {
                count: result.total(),
                time: result.elapsed,
            },
            response_time: ResponseTimesBody::from(&result.response_time),
            cold_starts: result.sums.cold,
            scaling_events: result
                .scaling_events
                .iter()
                .map(ScalingBody::from)
                .collect(),
            cost: LoadCost::new(test, result),
            errors: result.errors.iter().map(ErrorGroupBody::from).collect(),
            timeline: result.timeline.iter().map(SecondBody::from).collect(),
        }
    }
}

/// How long callers waited; in an open loop from when the call was due.
#[derive(Serialize, ToSchema)]
#[schema(as = ResponseTimes)]
struct ResponseTimesBody {
    min: Millis,
    mean: Millis,
    p50: Millis,
    p90: Millis,
    p95: Millis,
    p99: Millis,
    max: Millis,
}

impl From<&ResponseTimes> for ResponseTimesBody {
    fn from(times: &ResponseTimes) -> Self {
        Self {
            min: Millis(times.min),
            mean: Millis(times.mean),
            p50: Millis(times.p50),
            p90: Millis(times.p90),
            p95: Millis(times.p95),
            p99: Millis(times.p99),
            max: Millis(times.max),
        }
    }
}

/// What a load test cost, beside what it was expected to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoadCost {
    estimated: EstimatedCost,
    /// The sum of what its executions cost.
    actual: Dollars,
    /// For each of all calls, rounded half to even.
    per_request: Dollars,
    /// For each second that it ran, rounded half to even.
    per_second: Dollars,
    breakdown: CostParts,
    /// By how much the cost differs from the estimate, in percent of the estimate, with two
    /// decimals; null when that is zero.
    #[schema(required)]
    difference_percent: Option<f64>,
}

impl LoadCost {
    fn new(test: &LoadTest, result: &LoadResult) -> Self {
        let actual = result.sums.total();
        let difference = test.cost_difference_percent();
        Self {
            estimated: EstimatedCost {
                total: Dollars(test.estimate.total),
                low: Dollars(test.estimate.low),
                high: Dollars(test.estimate.high),
            },
            actual: Dollars(actual),
            per_request: average_cost(actual, result.total()),
            per_second: cost_per_second(actual, result.elapsed),
            breakdown: CostParts::from(&result.sums),
            difference_percent: difference.map(|percent| (percent * 100.0).round() / 100.0),
        }
    }
}

/// What a load test was expected to cost.
#[derive(Serialize, ToSchema)]
struct EstimatedCost {
    total: Dollars,
    low: Dollars,
    high: Dollars,
}

/// Calls that failed for the same reason.
#[derive(Serialize, ToSchema)]
#[schema(as = ErrorGroup)]
struct ErrorGroupBody<'a> {
    message: &'a str,
    count: u64,
}

impl<'a> From<&'a ErrorGroup> for ErrorGroupBody<'a> {
    fn from(group: &'a ErrorGroup) -> Self {
        Self {
            message: &group.message,
            count: group.count,
        }
    }
}

/// One second of a load test.
#[derive(Serialize, ToSchema)]
#[schema(as = LoadSecond)]
struct SecondBody {
    /// Which, from 0.
    second: u32,
    completed: u64,
    failed: u64,
    /// The 95th percentile of the response times in it.
    p95: Millis,
    /// Instances at its end.
    instances: usize,
    /// What its calls cost.
    cost: Dollars,
}

impl From<&Second> for SecondBody {
    fn from(second: &Second) -> Self {
        Self {
            second: second.second,
            completed: second.completed,
            failed: second.failed,
            p95: Millis(second.p95),
            instances: second.instances,
            cost: Dollars(second.cost),
        }
    }
}
