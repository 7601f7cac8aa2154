//! One message of each type, as the dashboard's tests read them: they are written here, so that a
//! change of a shape on one side fails a test on the other.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use faas_api::event::{EVENT_TYPES, Message};
use faas_core::cost::PriceBook;
use faas_core::egress::RefusedBy;
use faas_core::events::{Event, EventKind, LiveMetrics, RefusedRequest};
use faas_core::model::{Basis, Cost};
use faas_core::model::{
    ErrorGroup, LoadEstimate, LoadResult, LoadTest, LoadTestStatus, ResponseTimes, Second,
};
use faas_core::model::{
    Execution, ExecutionId, Failure, FailureKind, FunctionId, Json, LoadTestId, NanoDollars,
    ScalingAction, ScalingEvent, ScalingEventId, Status, Tier, Timestamp,
};

use super::{encoded, gap};

/// Set to anything, it has the test write the file: `make fixtures`.
const REGENERATE: &str = "REGENERATE_FIXTURES";

const NOW: Timestamp = Timestamp::from_millis(1_769_868_309_123);
const FUNCTION: FunctionId = FunctionId::from_u128(2);
const EXECUTION: ExecutionId = ExecutionId::from_u128(1);

fn ended(status: Status) -> Arc<Execution> {
    let mut cost = Cost::zero(Tier::Standard, &PriceBook::default());
    cost.base = NanoDollars::new(300_000);
    cost.cold_start = NanoDollars::new(50_000);
    cost.data_transfer = NanoDollars::new(46);
    let mut execution = Execution::new(EXECUTION, FUNCTION, Json::empty_object(), cost, NOW);
    execution.status = status;
    execution.duration = Duration::from_micros(12_042);
    if status == Status::Completed {
        execution.output = Some(Json::empty_object());
    } else {
        execution.failure = Some(Failure::new(FailureKind::UserError, "Error: no"));
    }
    Arc::new(execution)
}

fn scaling() -> ScalingEvent {
    ScalingEvent {
        id: ScalingEventId::from_u128(3),
        function_id: None,
        action: ScalingAction::Up,
        instance_count: 2,
        at: NOW,
        reason: "queue length 14 > 10".to_owned(),
    }
}

fn metrics() -> LiveMetrics {
    let mut metrics = LiveMetrics::default();
    metrics.queued = 4;
    metrics.running = 3;
    metrics.waiting = 5;
    metrics.instances = 2;
    metrics.completed = 100;
    metrics.failed = 1;
    metrics.p95 = Duration::from_micros(1_500);
    metrics
}

fn load_test(status: LoadTestStatus) -> Arc<LoadTest> {
    let second = |second| Second {
        second,
        completed: 20,
        failed: 1,
        p95: Duration::from_micros(1_500),
        instances: 2,
        cost: NanoDollars::new(6_000_000),
    };
    Arc::new(LoadTest {
        id: LoadTestId::from_u128(4),
        function_id: FUNCTION,
        function_name: "loaded".to_owned(),
        concurrency: 20,
        duration: Duration::from_secs(30),
        rate: None,
        input: Json::empty_object(),
        status,
        created_at: NOW,
        updated_at: NOW,
        ended_at: status.is_terminal().then_some(NOW),
        estimate: LoadEstimate {
            requests: 50,
            duration: Duration::from_millis(12),
            basis: Basis::History,
            total: NanoDollars::new(15_000_000),
            low: NanoDollars::new(14_000_000),
            high: NanoDollars::new(16_000_000),
        },
        result: LoadResult {
            elapsed: Duration::from_secs(2),
            response_time: ResponseTimes::default(),
            errors: vec![ErrorGroup {
                message: "Error: no".to_owned(),
                count: 2,
            }],
            timeline: vec![second(0), second(1)],
            scaling_events: vec![scaling()],
            ..LoadResult::default()
        },
    })
}

#[test]
fn the_dashboard_is_tested_with_the_messages_that_are_sent() {
    let kinds = [
        EventKind::Started {
            execution_id: EXECUTION,
            function_id: FUNCTION,
        },
        EventKind::Completed(ended(Status::Completed)),
        EventKind::Retry {
            execution_id: EXECUTION,
            function_id: FUNCTION,
            retry_count: 2,
            delay: Duration::from_secs(4),
        },
        EventKind::Failed(ended(Status::Failed)),
        EventKind::Scaling(Arc::new(scaling())),
        EventKind::RequestRefused(Arc::new(RefusedRequest {
            execution_id: EXECUTION,
            function_id: FUNCTION,
            method: "GET".to_owned(),
            host: "internal.example.com".to_owned(),
            port: 443,
            by: RefusedBy::Server,
            reason: "10.0.0.1 is a private address".to_owned(),
            more: 7,
        })),
        EventKind::Metrics(Arc::new(metrics())),
        EventKind::LoadTestProgress(load_test(LoadTestStatus::Running)),
        EventKind::LoadTestFinished(load_test(LoadTestStatus::Completed)),
    ];
    assert_eq!(kinds.len(), EVENT_TYPES.len(), "a type is missing");
    let messages = kinds.into_iter().zip(1..).map(|(kind, seq)| {
        let event = Event {
            seq,
            at: NOW,
            kind,
            encoded: OnceLock::new(),
        };
        encoded(&event, 42).unwrap()
    });
    let lines: Vec<_> = messages
        .chain([gap(9, 12, NOW, 42)])
        .map(|message| String::from_utf8(message.to_vec()).unwrap())
        .collect();
    for line in &lines {
        let read: Message<'static> = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), *line);
    }
    let written = format!("[\n{}\n]\n", lines.join(",\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/tests/fixtures/events.json");
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == written,
        "web/tests/fixtures/events.json is not what is sent: run `make fixtures` and commit it"
    );
}
