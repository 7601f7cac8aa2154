//! Load tests: what REST tells of them, but while one runs only its last second, and not its input.

use std::time::Duration;

use faas_core::model::Basis;
use faas_core::model::UsageSums;
use faas_core::model::{ErrorGroup, LoadEstimate, LoadTest, ResponseTimes, Second};
use faas_core::model::{
    FunctionId, Json, LoadTestId, NanoDollars, ScalingEvent, ScalingEventId, Timestamp,
};
use serde::{Serialize, Serializer};

use super::{Dollars, Millis, Text, decimal};

/// A load test.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoadTestBody<'a> {
    #[serde(rename = "_id")]
    id: Text<LoadTestId>,
    function_id: Text<FunctionId>,
    function_name: &'a str,
    status: &'static str,
    concurrency: u32,
    duration_seconds: u64,
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Json>,
    created_at: Text<Timestamp>,
    updated_at: Text<Timestamp>,
    ended_at: Option<Text<Timestamp>>,
    estimate: EstimateBody,
    result: ResultBody<'a>,
}

impl<'a> LoadTestBody<'a> {
    /// One that runs.
    pub(super) fn progress(test: &'a LoadTest) -> Self {
        let latest = test.result.timeline.last().map(SecondBody::from);
        Self::new(test, None, Seconds::Latest { latest })
    }

    /// One that has ended.
    pub(super) fn finished(test: &'a LoadTest) -> Self {
        let timeline = test.result.timeline.iter().map(SecondBody::from).collect();
        Self::new(test, Some(&test.input), Seconds::All { timeline })
    }

    fn new(test: &'a LoadTest, input: Option<&'a Json>, seconds: Seconds) -> Self {
        Self {
            id: Text(test.id),
            function_id: Text(test.function_id),
            function_name: &test.function_name,
            status: test.status.as_str(),
            concurrency: test.concurrency,
            duration_seconds: test.duration.as_secs(),
            rate: test.rate,
            input,
            created_at: Text(test.created_at),
            updated_at: Text(test.updated_at),
            ended_at: test.ended_at.map(Text),
            estimate: EstimateBody::from(&test.estimate),
            result: ResultBody::new(test, seconds),
        }
    }
}

#[derive(Serialize)]
struct EstimateBody {
    requests: u64,
    total: Dollars,
    low: Dollars,
    high: Dollars,
    duration: Millis,
    basis: &'static str,
}

impl From<&LoadEstimate> for EstimateBody {
    fn from(estimate: &LoadEstimate) -> Self {
        Self {
            requests: estimate.requests,
            total: Dollars(estimate.total),
            low: Dollars(estimate.low),
            high: Dollars(estimate.high),
            duration: Millis(estimate.duration),
            basis: match estimate.basis {
                Basis::History => "history",
                Basis::Given => "given",
                Basis::Probe => "probe",
                Basis::Default => "default",
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultBody<'a> {
    #[serde(serialize_with = "seconds")]
    elapsed_seconds: Duration,
    total: u64,
    completed: u64,
    failed: u64,
    success_rate: Percent,
    requests_per_second: Rate,
    response_time: ResponseTimesBody,
    cold_starts: u64,
    scaling_events: Vec<ScalingBody<'a>>,
    cost: CostBody,
    errors: Vec<ErrorBody<'a>>,
    #[serde(flatten)]
    seconds: Seconds,
}

impl<'a> ResultBody<'a> {
    fn new(test: &'a LoadTest, seconds: Seconds) -> Self {
        let result = &test.result;
        Self {
            elapsed_seconds: result.elapsed,
            total: result.total(),
            completed: result.completed(),
            failed: result.failed(),
            success_rate: Percent {
                part: result.completed(),
                whole: result.total(),
            },
            requests_per_second: Rate {
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
            cost: CostBody::new(test),
            errors: result.errors.iter().map(ErrorBody::from).collect(),
            seconds,
        }
    }
}

/// What happened in each second, or in the last.
#[derive(Serialize)]
#[serde(untagged)]
enum Seconds {
    All { timeline: Vec<SecondBody> },
    Latest { latest: Option<SecondBody> },
}

#[derive(Serialize)]
struct SecondBody {
    second: u32,
    completed: u64,
    failed: u64,
    p95: Millis,
    instances: usize,
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

#[derive(Serialize)]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScalingBody<'a> {
    #[serde(rename = "_id")]
    id: Text<ScalingEventId>,
    function_id: Option<Text<FunctionId>>,
    action: &'static str,
    instance_count: u32,
    timestamp: Text<Timestamp>,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CostBody {
    estimated: EstimatedBody,
    actual: Dollars,
    per_request: Dollars,
    per_second: Dollars,
    breakdown: PartsBody,
    difference_percent: Option<f64>,
}

#[derive(Serialize)]
struct EstimatedBody {
    total: Dollars,
    low: Dollars,
    high: Dollars,
}

impl CostBody {
    fn new(test: &LoadTest) -> Self {
        const NANOS: u32 = 1_000_000_000;
        let (estimate, result) = (&test.estimate, &test.result);
        let actual: NanoDollars = result.sums.total();
        let difference = test.cost_difference_percent();
        Self {
            estimated: EstimatedBody {
                total: Dollars(estimate.total),
                low: Dollars(estimate.low),
                high: Dollars(estimate.high),
            },
            actual: Dollars(actual),
            per_request: Dollars(actual.portion(1, result.total().into())),
            per_second: Dollars(actual.portion(NANOS, result.elapsed.as_nanos())),
            breakdown: PartsBody::from(&result.sums),
            difference_percent: difference.map(|percent| (percent * 100.0).round() / 100.0),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartsBody {
    base_cost: Dollars,
    cold_start_cost: Dollars,
    retry_cost: Dollars,
    data_transfer_cost: Dollars,
}

impl From<&UsageSums> for PartsBody {
    fn from(sums: &UsageSums) -> Self {
        Self {
            base_cost: Dollars(sums.base),
            cold_start_cost: Dollars(sums.cold_start),
            retry_cost: Dollars(sums.retry),
            data_transfer_cost: Dollars(sums.data_transfer),
        }
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    count: u64,
}

impl<'a> From<&'a ErrorGroup> for ErrorBody<'a> {
    fn from(group: &'a ErrorGroup) -> Self {
        Self {
            message: &group.message,
            count: group.count,
        }
    }
}

/// `part` of `whole` in percent with two decimals, rounded to the nearest; 0 when `whole` is 0.
struct Percent {
    part: u64,
    whole: u64,
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let hundredths = (part * 20_000 + whole).checked_div(2 * whole);
        decimal(hundredths.unwrap_or(0), 2, serializer)
    }
}

/// `count` of something for each second, with three decimals, rounded down.
struct Rate {
    count: u64,
    time: Duration,
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let thousandths = u128::from(self.count) * 1_000 * 1_000_000_000;
        let thousandths = thousandths.checked_div(self.time.as_nanos());
        decimal(thousandths.unwrap_or(0), 3, serializer)
    }
}

/// Seconds with up to three decimals.
fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    decimal(time.as_millis(), 3, serializer)
}
