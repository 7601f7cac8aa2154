//! Sessions: code whose globals stay between runs, through a whole platform.

use std::time::Duration;

use faas_core::Platform;
use faas_core::bindings::{Binding, HostCall};
use faas_core::clock::{Clock, ManualClock, SystemClock};
use faas_core::error::{Conflict, Error, Resource};
use faas_core::model::{
    CallerLabel, CodeHash, Execution, FailureKind, FunctionId, Json, NanoDollars, SessionId,
    Status, Timestamp,
};
use faas_core::options::PlatformOptions;
use faas_core::platform::{RunLimits, SessionConfig, SessionRun};
use faas_core::runtime::{HostError, QuickJsOptions};
use serde_json::{Value, json};

use super::start;

/// A hang must not pass for success.
const PATIENCE: Duration = Duration::from_secs(60);

async fn platform(clock: impl Clock, change: impl FnOnce(&mut PlatformOptions)) -> Platform {
    let tools = Binding::new("tools")
        .function("double", |_: HostCall, number: f64| async move {
            Ok::<_, HostError>(2.0 * number)
        })
        .function("never", |_: HostCall, (): ()| {
            std::future::pending::<Result<(), HostError>>()
        });
    Platform::builder()
        .runtime(start(QuickJsOptions::default()))
        .clock(clock)
        .bind(tools)
        .options(change)
        .build()
        .await
        .unwrap()
}

async fn usual() -> Platform {
    platform(SystemClock::new(), |_| {}).await
}

async fn run(platform: &Platform, id: SessionId, code: &str) -> Result<Value, Error> {
    let done = platform.sessions().run(id, SessionRun::new(code)).await?;
    Ok(output(&done))
}

fn output(execution: &Execution) -> Value {
    assert_eq!(execution.status, Status::Completed, "{execution:?}");
    let output = execution.output.as_ref().map_or("null", Json::as_str);
    serde_json::from_str(output).unwrap()
}

fn is_gone(platform: &Platform, id: SessionId) -> bool {
    matches!(
        platform.sessions().get(id),
        Err(Error::NotFound(Resource::Session))
    )
}

async fn wait_until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn globals_stay_between_the_runs_of_a_session_and_nowhere_else() {
    let platform = usual().await;
    let open = || {
        platform
            .sessions()
            .open(SessionConfig::default().bindings(["tools"]))
    };
    let (one, other) = (open().unwrap().id, open().unwrap().id);
    let count = "globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n";
    for expected in 1..=5 {
        assert_eq!(run(&platform, one, count).await.unwrap(), expected);
    }
    assert_eq!(run(&platform, other, count).await.unwrap(), 1);
    // Every form and language, and host functions that only a later run uses.
    for (code, expected) in [
        ("export default () => globalThis.n", json!(5)),
        (
            "(input: { a?: number }): number => globalThis.n + 1",
            json!(6),
        ),
        ("return await context.tools.double(globalThis.n)", json!(10)),
        (
            "const twice = context.tools.double; return await twice(21)",
            json!(42),
        ),
    ] {
        assert_eq!(run(&platform, one, code).await.unwrap(), expected, "{code}");
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_is_an_execution_with_its_price() {
    let platform = usual().await;
    let caller = CallerLabel::new("agent-1");
    let sessions = platform.sessions();
    let session = sessions
        .open(SessionConfig::default().caller(caller.clone()))
        .unwrap();
    let mut cost = NanoDollars::ZERO;
    for (code, is_cold) in [("return 1", true), ("return 2", false)] {
        let input = json!({ "a": 1 });
        let done = sessions
            .run(session.id, SessionRun::new(code).input(input))
            .await
            .unwrap();
        assert_eq!(done.function_id, FunctionId::RUN);
        assert_eq!(done.cold_start, is_cold);
        assert_eq!(done.attempts[0].code, Some(CodeHash::of(code)));
        assert_eq!(done.caller, Some(caller.clone()));
        assert_eq!(platform.executions().get(done.id).await.unwrap(), done);
        cost += done.cost.total();
    }
    let info = sessions.get(session.id).unwrap();
    assert_eq!((info.runs, info.cost, info.running), (2, cost, false));
    assert_eq!(sessions.list(), [info]);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_code_that_throws_or_does_not_compile() {
    let platform = usual().await;
    let session = platform
        .sessions()
        .open(SessionConfig::default())
        .unwrap()
        .id;
    for code in [
        "return 1 +",
        "throw new Error('no')",
        "export default 1; throw new Error('at the top')",
        "globalThis.kept = 7; throw new Error('after')",
    ] {
        let done = platform
            .sessions()
            .run(session, SessionRun::new(code))
            .await
            .unwrap();
        assert_eq!(done.status, Status::Failed, "{code}");
    }
    let kept = run(&platform, session, "return globalThis.kept").await;
    assert_eq!(kept.unwrap(), 7);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_isolate_is_lost() {
    let platform = usual().await;
    let limits = RunLimits::default()
        .timeout(Duration::from_millis(200))
        .memory(32);
    for (code, kind) in [
        ("for (;;);", FailureKind::Timeout),
        (
            "const all = []; for (;;) all.push(new Array(1000).fill(1))",
            FailureKind::OutOfMemory,
        ),
    ] {
        let config = SessionConfig::default().limits(limits.clone());
        let session = platform.sessions().open(config).unwrap().id;
        let done = platform
            .sessions()
            .run(session, SessionRun::new(code))
            .await
            .unwrap();
        let failure = done.failure.as_ref().map(|failure| failure.kind);
        // A busy machine may not get to the end of the memory in time.
        assert!(
            failure == Some(kind) || failure == Some(FailureKind::Timeout),
            "{done:?}"
        );
        assert!(is_gone(&platform, session));
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_at_a_time_and_a_closed_session_cancels_its_run() {
    let platform = usual().await;
    let sessions = platform.sessions();
    let session = sessions
        .open(SessionConfig::default().bindings(["tools"]))
        .unwrap()
        .id;
    let never = sessions.run(session, SessionRun::new("await context.tools.never()"));
    let others = async {
        wait_until(|| sessions.get(session).unwrap().running).await;
        let error = run(&platform, session, "return 1").await.unwrap_err();
        assert!(
            matches!(error, Error::Conflict(Conflict::SessionBusy)),
            "{error}"
        );
        sessions.close(session).unwrap();
    };
    let (ended, ()) = tokio::join!(never, others);
    assert!(
        matches!(ended, Err(Error::NotFound(Resource::Session))),
        "{ended:?}"
    );
    assert!(is_gone(&platform, session) && sessions.close(session).is_err());
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_lease_and_at_its_hard_end() {
    let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
    let platform = platform(clock.clone(), |_| {}).await;
    let minute = Duration::from_secs(60);
    let config = || SessionConfig::default().lease(minute).lifetime(3 * minute);
    let idle = platform.sessions().open(config()).unwrap();
    assert_eq!(idle.expires_at, idle.created_at + minute);
    let used = platform.sessions().open(config()).unwrap().id;
    clock.advance(minute / 2);
    assert_eq!(run(&platform, used, "return 1").await.unwrap(), 1);
    clock.advance(minute / 2);
    wait_until(|| is_gone(&platform, idle.id)).await;
    assert!(!is_gone(&platform, used));
    for _ in 0..4 {
        assert_eq!(run(&platform, used, "return 1").await.unwrap(), 1);
        clock.advance(minute / 2 - Duration::from_secs(1));
    }
    clock.advance(Duration::from_secs(4));
    wait_until(|| is_gone(&platform, used)).await;
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_budget_is_used_up() {
    let platform = usual().await;
    let sessions = platform.sessions();
    let cheap = SessionConfig::default().cost_budget(NanoDollars::new(1));
    let cheap = sessions.open(cheap).unwrap().id;
    assert_eq!(run(&platform, cheap, "return 1").await.unwrap(), 1);
    assert!(is_gone(&platform, cheap));
    let short = SessionConfig::default().time_budget(Duration::from_millis(100));
    let short = sessions.open(short).unwrap().id;
    let done = sessions
        .run(short, SessionRun::new("for (;;);"))
        .await
        .unwrap();
    assert_eq!(done.failure.as_ref().unwrap().kind, FailureKind::Timeout);
    assert!(is_gone(&platform, short));
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_sessions_is_bounded_in_total_and_per_caller() {
    let platform = platform(SystemClock::new(), |options| {
        options.max_sessions = 3;
        options.max_sessions_per_caller = 1;
    })
    .await;
    let sessions = platform.sessions();
    let of = |name: &str| SessionConfig::default().caller(CallerLabel::new(name));
    let first = sessions.open(of("a")).unwrap();
    for (config, limit) in [(of("a"), 1), (SessionConfig::default(), 3)] {
        if limit == 3 {
            sessions.open(of("b")).unwrap();
            sessions.open(of("c")).unwrap();
        }
        let error = sessions.open(config).unwrap_err();
        let expected = Error::from(Conflict::TooManySessions { limit });
        assert_eq!(error.to_string(), expected.to_string());
    }
    sessions.close(first.id).unwrap();
    sessions.open(of("a")).unwrap();
    let too_much = SessionConfig::default().limits(RunLimits::default().memory(10_000));
    for wrong in [
        too_much,
        SessionConfig::default().bindings(["missing"]),
        SessionConfig::default().lease(Duration::ZERO),
    ] {
        assert!(matches!(sessions.open(wrong), Err(Error::Invalid(_))));
    }
    platform.shutdown().await;
}
