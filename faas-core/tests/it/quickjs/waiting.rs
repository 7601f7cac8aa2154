//! Calls that wait: for a timer, for their deadline, for an instance.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::{FailureKind, FunctionId};
use faas_core::runtime::{QuickJsOptions, Runtime, StopReason};

use super::host::TestHost;
use super::rig::Rig;

const FUNCTION: FunctionId = FunctionId::from_u128(1);

/// A timer of 1 ms can be due before the code waits, on a busy machine. A host call that answers
/// later always makes it wait.
const WAITS: &str = "console.log('waits'); return await context.test.later('done')";
const WAITS_LONG: &str =
    "console.log('waits'); await new Promise(done => setTimeout(done, 1e7)); return 'done'";

#[test]
fn many_calls_wait_at_the_same_time_on_two_threads() {
    // Each needs a process if isolates are processes.
    let calls = if super::IN_PROCESSES { 100 } else { 1000 };
    let rig = Rig::with(QuickJsOptions {
        threads: 2,
        blank_isolates: 0,
        ..QuickJsOptions::default()
    });
    let program = rig.compile(WAITS);
    let host = TestHost::with(0, Duration::from_secs(3600));
    let running: Vec<_> = (0..calls)
        .map(|_| rig.spawn_call(host.call(&rig, FUNCTION, &program, "1")))
        .collect();
    rig.wait_for(host.happens_times("wait", calls));
    assert_eq!(host.count("resume"), 0);
    host.turns.add_permits(calls);
    for call in running {
        let outcome = rig.wait_for(call).unwrap();
        assert_eq!(outcome.result.unwrap().as_str(), "\"done\"");
    }
    assert_eq!(host.count("resume"), calls);
}

#[test]
fn a_call_that_waits_gives_its_instance_back_and_takes_one_again() {
    let rig = Rig::new();
    let source = "await context.test.later(); await context.test.later(); return 1";
    let host = TestHost::new();
    let call = host.call(&rig, FUNCTION, &rig.compile(source), "1");
    rig.run_call(call).result.unwrap();
    let turn = ["later", "wait", "resume"];
    assert_eq!(host.events(), [turn, turn].concat());
    let timer = "await new Promise(done => setTimeout(done, 50)); return 1";
    let host = TestHost::new();
    let call = host.call(&rig, FUNCTION, &rig.compile(timer), "1");
    rig.quickjs.forget(FUNCTION);
    rig.run_call(call).result.unwrap();
    assert_eq!(host.count("wait"), host.count("resume"));
    let host = TestHost::new();
    let call = host.call(&rig, FUNCTION, &rig.compile("return await 1"), "1");
    rig.quickjs.forget(FUNCTION);
    rig.run_call(call).result.unwrap();
    assert!(host.events().is_empty());
}

#[test]
fn a_call_that_waits_ends_at_its_deadline_and_keeps_its_logs() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(2);
    let host = TestHost::new();
    let call = host.call(&rig, FUNCTION, &rig.compile(WAITS_LONG), "1");
    let outcome = rig.run_call(call);
    assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Timeout);
    assert_eq!(outcome.logs.len(), 1);
    assert_eq!(host.events(), ["wait"]);
    assert_eq!(rig.quickjs.stats().warm_isolates, 0);
}

#[test]
fn a_call_that_waits_is_cancelled_at_once() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(3600);
    let program = rig.compile(WAITS_LONG);
    // While it waits for its timer, and while it waits for an instance.
    let no_turn = rig.compile(WAITS);
    for (program, host) in [
        (program, TestHost::new()),
        (no_turn, TestHost::with(0, Duration::ZERO)),
    ] {
        let call = host.call(&rig, FUNCTION, &program, "1");
        let stop = call.stop.clone();
        let running = rig.spawn_call(call);
        rig.wait_for(host.happens("wait"));
        stop.stop(StopReason::Cancelled);
        let outcome = rig.wait_for(running).unwrap();
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Cancelled);
        assert_eq!(outcome.logs.len(), 1);
        rig.quickjs.forget(FUNCTION);
    }
}

#[test]
fn a_call_whose_future_is_dropped_lets_its_host_go() {
    let rig = Rig::new();
    let host = TestHost::new();
    let call = host.call(&rig, FUNCTION, &rig.compile(WAITS_LONG), "1");
    let running = rig.spawn_call(call);
    rig.wait_for(host.happens("wait"));
    running.abort();
    rig.wait_for(async {
        while Arc::strong_count(&host) > 1 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(rig.quickjs.stats().warm_isolates, 0);
}

#[test]
fn time_without_an_instance_extends_the_deadline() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(2);
    let host = TestHost::with(1000, Duration::from_secs(3600));
    // It runs for longer than its timeout, after it has waited for an instance.
    let source = "
        await context.test.later();
        const until = Date.now() + 2500;
        while (Date.now() < until);
        return 1";
    let call = host.call(&rig, FUNCTION, &rig.compile(source), "1");
    rig.run_call(call).result.unwrap();
    let call = TestHost::new().call(&rig, FUNCTION, &rig.compile(source), "1");
    let failure = rig.run_call(call).result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[test]
fn the_processor_time_of_a_call_leaves_out_the_time_that_it_waits() {
    let rig = Rig::new();
    let burns = "
        const until = Date.now() + 100;
        while (Date.now() < until);
        return 1";
    let outcome = rig.run(burns, "1");
    assert!(!outcome.cpu_time.is_zero());
    let waits = "await new Promise(done => setTimeout(done, 1000)); return 1";
    let waited = rig.run(waits, "1").cpu_time;
    assert!(
        !waited.is_zero() && waited < Duration::from_millis(900),
        "{waited:?}"
    );
}

#[test]
fn a_warm_isolate_serves_another_tokio_runtime() {
    let (mut rig, other) = (Rig::new(), Rig::new());
    let program = rig.compile("await new Promise(done => setTimeout(done, 1)); return input");
    for round in 0..3 {
        let outcome = rig.call(FUNCTION, &program, "1");
        assert_eq!(outcome.cold_start, round == 0);
        let call = rig.make_call(FUNCTION, &program, "2");
        let quickjs = rig.quickjs.clone();
        let outcome = other.tokio.block_on(async {
            let instance = quickjs.acquire(call.function).await.unwrap();
            instance.run(call).await
        });
        assert!(!outcome.cold_start);
        assert_eq!(outcome.result.unwrap().as_str(), "2");
    }
    // The first runtime ends; a new one takes its place.
    rig.tokio = Rig::new().tokio;
    assert!(!rig.call(FUNCTION, &program, "3").cold_start);
}
