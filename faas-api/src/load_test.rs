//! Load tests.

use std::borrow::Cow;
use std::time::Duration;

use faas_core::load_test;
use faas_core::model::{self, FunctionId, Json, ParseIdError};
use serde::{Deserialize, Serialize};

use crate::cost::CostParts;
use crate::metrics::ScalingEvent;
use crate::number::{Dollars, Millis, Percent, Rate, Seconds};
use crate::read::value;
use crate::scalar::{FunctionKey, LoadTestKey, Moment, Text, Word};
use crate::words::{Basis, LoadTestStatus};

/// A load test: its parameters, its estimate, and its result so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoadTest<'a> {
    /// Its id. Ids sort by time.
    #[serde(rename = "_id")]
    pub id: LoadTestKey,
    /// The function that is called.
    pub function_id: FunctionKey,
    /// The function's name at the start.
    pub function_name: Cow<'a, str>,
    /// Its state.
    pub status: LoadTestStatus,
    /// How many calls may be under way at once.
    pub concurrency: u32,
    /// For how many seconds calls are begun.
    pub duration_seconds: u64,
    /// Calls per second, in an open loop; null: closed loop.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub rate: Option<f64>,
    /// The template of the input. Events about a test that runs leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value, required))]
    pub input: Option<Json>,
    /// When it was started.
    pub created_at: Moment,
    /// When it was updated last.
    pub updated_at: Moment,
    /// When it ended.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub ended_at: Option<Moment>,
    /// What it was expected to do and cost.
    pub estimate: LoadEstimate,
    /// What has come of it.
    pub result: LoadResult<'a>,
}

impl<'a> From<&'a model::LoadTest> for LoadTest<'a> {
    fn from(test: &'a model::LoadTest) -> Self {
        let timeline = test.result.timeline.iter().map(LoadSecond::from).collect();
        Self::new(test, Some(test.input.clone()), Some(timeline))
    }
}

impl<'a> LoadTest<'a> {
    /// A test that runs, with its latest second in place of all.
    pub fn progress(test: &'a model::LoadTest) -> Self {
        let mut progress = Self::new(test, None, None);
        progress.result.latest = test.result.timeline.last().map(LoadSecond::from);
        progress
    }

    fn new(
        test: &'a model::LoadTest,
        input: Option<Json>,
        timeline: Option<Vec<LoadSecond>>,
    ) -> Self {
        Self {
            id: Text(test.id),
            function_id: Text(test.function_id),
            function_name: Cow::Borrowed(&test.function_name),
            status: Word(test.status),
            concurrency: test.concurrency,
            duration_seconds: test.duration.as_secs(),
            rate: test.rate,
            input,
            created_at: Moment(test.created_at),
            updated_at: Moment(test.updated_at),
            ended_at: test.ended_at.map(Moment),
            estimate: LoadEstimate::from(&test.estimate),
            result: LoadResult::new(test, timeline),
        }
    }
}

/// What a load test is expected to do and cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoadEstimate {
    /// The number of calls.
    pub requests: u64,
    /// The cost of all of them.
    pub total: Dollars,
    /// At the 5th percentile of the recent run times, all warm.
    pub low: Dollars,
    /// At their 95th percentile, all cold.
    pub high: Dollars,
    /// The run time that is assumed for each.
    pub duration: Millis,
    /// Where the run time comes from.
    pub basis: Basis,
}

impl From<&model::LoadEstimate> for LoadEstimate {
    fn from(estimate: &model::LoadEstimate) -> Self {
        Self {
            requests: estimate.requests,
            total: Dollars(estimate.total),
            low: Dollars(estimate.low),
            high: Dollars(estimate.high),
            duration: Millis(estimate.duration),
            basis: Word(estimate.basis),
        }
    }
}

/// What has come of a load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoadResult<'a> {
    /// For how long it has run.
    pub elapsed_seconds: Seconds,
    /// All calls.
    pub total: u64,
    /// Calls that returned a value.
    pub completed: u64,
    /// All others: those that failed, were refused or, in an open loop, not begun in time.
    pub failed: u64,
    /// Completed calls in percent of all.
    pub success_rate: Percent,
    /// Calls per second.
    pub requests_per_second: Rate,
    /// How long callers waited.
    pub response_time: ResponseTimes,
    /// Calls for which an isolate had to be made.
    pub cold_starts: u64,
    /// Changes of capacity while it ran, in time order.
    pub scaling_events: Vec<ScalingEvent<'a>>,
    /// What it cost.
    pub cost: LoadCost,
    /// Why calls failed, the most frequent reason first.
    pub errors: Vec<ErrorGroup<'a>>,
    /// Every second. Events about a test that runs have `latest` in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(required, nullable = false))]
    pub timeline: Option<Vec<LoadSecond>>,
    /// The latest second, in events about a test that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub latest: Option<LoadSecond>,
}

impl<'a> LoadResult<'a> {
    fn new(test: &'a model::LoadTest, timeline: Option<Vec<LoadSecond>>) -> Self {
        let result = &test.result;
        Self {
            elapsed_seconds: Seconds(result.elapsed),
            total: result.total(),
            completed: result.completed(),
            failed: result.failed(),
            success_rate: Percent::of(result.completed(), result.total()),
            requests_per_second: Rate::of(result.total(), result.elapsed),
            response_time: ResponseTimes::from(&result.response_time),
            cold_starts: result.sums.cold,
            scaling_events: result
                .scaling_events
                .iter()
                .map(ScalingEvent::from)
                .collect(),
            cost: LoadCost::new(test),
            errors: result.errors.iter().map(ErrorGroup::from).collect(),
            timeline,
            latest: None,
        }
    }
}

/// How long callers waited; in an open loop from when the call was due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ResponseTimes {
    /// The shortest.
    pub min: Millis,
    /// The mean.
    pub mean: Millis,
    /// The median.
    pub p50: Millis,
    /// The 90th percentile.
    pub p90: Millis,
    /// The 95th percentile.
    pub p95: Millis,
    /// The 99th percentile.
    pub p99: Millis,
    /// The longest.
    pub max: Millis,
}

impl From<&model::ResponseTimes> for ResponseTimes {
    fn from(times: &model::ResponseTimes) -> Self {
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

/// What a load test cost, beside what it was expected to cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoadCost {
    /// What was expected.
    pub estimated: EstimatedCost,
    /// The sum of the costs of its executions.
    pub actual: Dollars,
    /// Per call, rounded half to even.
    pub per_request: Dollars,
    /// Per second that it ran, rounded half to even.
    pub per_second: Dollars,
    /// The cost by part.
    pub breakdown: CostParts,
    /// By how much the cost differs from the estimate, in percent of the estimate, with two
    /// decimals; null when the estimate is zero.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub difference_percent: Option<f64>,
}

impl LoadCost {
    fn new(test: &model::LoadTest) -> Self {
        let result = &test.result;
        let actual = result.sums.total();
        let difference = test.cost_difference_percent();
        Self {
            estimated: EstimatedCost {
                total: Dollars(test.estimate.total),
                low: Dollars(test.estimate.low),
                high: Dollars(test.estimate.high),
            },
            actual: Dollars(actual),
            per_request: Dollars::average(actual, result.total()),
            per_second: Dollars::per_second(actual, result.elapsed),
            breakdown: CostParts::from(&result.sums),
            difference_percent: difference.map(|percent| (percent * 100.0).round() / 100.0),
        }
    }
}

/// What a load test was expected to cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct EstimatedCost {
    /// The cost of all calls.
    pub total: Dollars,
    /// Probably not below this.
    pub low: Dollars,
    /// Probably not above this.
    pub high: Dollars,
}

/// Calls that failed for the same reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ErrorGroup<'a> {
    /// The reason.
    pub message: Cow<'a, str>,
    /// How many.
    pub count: u64,
}

impl<'a> From<&'a model::ErrorGroup> for ErrorGroup<'a> {
    fn from(group: &'a model::ErrorGroup) -> Self {
        Self {
            message: Cow::Borrowed(&group.message),
            count: group.count,
        }
    }
}

/// One second of a load test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LoadSecond {
    /// Which, from 0.
    pub second: u32,
    /// Calls that returned a value in it.
    pub completed: u64,
    /// Calls that failed in it.
    pub failed: u64,
    /// The 95th percentile of the response times in it.
    pub p95: Millis,
    /// Instances at its end.
    pub instances: usize,
    /// What its calls cost.
    pub cost: Dollars,
}

impl From<&model::Second> for LoadSecond {
    fn from(second: &model::Second) -> Self {
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

/// A load test to start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewLoadTest {
    /// The function's id.
    #[cfg_attr(feature = "openapi", schema(value_type = FunctionKey))]
    pub function_id: String,
    /// How many calls may be under way at once. Default: 20.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole"
    )]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub concurrency: Option<u32>,
    /// For how many seconds calls are begun. Default: 30.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::seconds"
    )]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 300))]
    pub duration_seconds: Option<u64>,
    /// Calls per second, whatever the platform can do (an open loop). Absent or null: each of the
    /// callers waits for an answer before it calls again (a closed loop).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::number"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(exclusive_minimum = 0.0, maximum = 10000.0)
    )]
    pub rate: Option<f64>,
    /// The input; absent or null: `{}`. In its strings, `{{i}}` stands for the number of the call,
    /// from 0, and `{{random}}` for a random whole number; a string that is nothing but one of them
    /// becomes that number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<Json>,
}

impl NewLoadTest {
    /// With the default load.
    pub fn new(function: FunctionId) -> Self {
        Self {
            function_id: function.to_string(),
            ..Self::default()
        }
    }
}

impl TryFrom<NewLoadTest> for load_test::NewLoadTest {
    type Error = ParseIdError;

    /// Fails when the function's id is not one.
    fn try_from(new: NewLoadTest) -> Result<Self, ParseIdError> {
        let mut test = Self::new(new.function_id.parse()?);
        test.concurrency = new.concurrency.unwrap_or(test.concurrency);
        test.duration = new
            .duration_seconds
            .map_or(test.duration, Duration::from_secs);
        test.rate = new.rate;
        test.input = new.input.unwrap_or(test.input);
        Ok(test)
    }
}
