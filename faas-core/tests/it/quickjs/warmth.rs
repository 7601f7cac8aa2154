//! Which isolates are used again.

use std::time::Duration;

use faas_core::model::{FailureKind, FunctionId};
use faas_core::runtime::{QuickJsOptions, Runtime};

use super::rig::Rig;

const ONE: FunctionId = FunctionId::from_u128(1);
const TWO: FunctionId = FunctionId::from_u128(2);

#[test]
fn only_the_first_call_is_cold_and_globals_live_on() {
    let rig = Rig::new();
    for source in [
        "globalThis.n = (globalThis.n ?? 0) + 1; return n",
        "let n = 0; function f() { return ++n }",
        "let n = 0; export default async () => ++n",
    ] {
        let program = rig.compile(source);
        for call in 1..5 {
            let outcome = rig.call(ONE, &program, "{}");
            assert_eq!(outcome.result.unwrap().as_str(), call.to_string());
            assert_eq!(outcome.cold_start, call == 1, "{source}");
        }
        rig.quickjs.forget(ONE);
    }
}

#[test]
fn a_forgotten_function_starts_cold_and_others_stay_warm() {
    let rig = Rig::new();
    let program = rig.compile("return 1");
    rig.call(ONE, &program, "{}");
    rig.call(TWO, &program, "{}");
    assert_eq!(rig.quickjs.stats().warm_isolates, 2);
    rig.quickjs.forget(ONE);
    assert_eq!(rig.quickjs.stats().warm_isolates, 1);
    assert!(rig.call(ONE, &program, "{}").cold_start);
    assert!(!rig.call(TWO, &program, "{}").cold_start);
}

#[test]
fn a_user_error_keeps_the_isolate_and_any_other_failure_costs_it() {
    let mut rig = Rig::new();
    for (source, kind) in [
        ("if (input) throw 1; return 2", FailureKind::UserError),
        ("if (input) for (;;); return 2", FailureKind::Timeout),
        (
            "if (input) { const a = []; for (;;) a.push(new Array(1000).fill(1)) } return 2",
            FailureKind::OutOfMemory,
        ),
        (
            "function f(n) { return n ? f(n) + 1 : 2 }",
            FailureKind::StackOverflow,
        ),
    ] {
        let program = rig.compile(source);
        assert!(rig.call(ONE, &program, "0").cold_start);
        if kind == FailureKind::Timeout {
            rig.limits.timeout = Duration::from_millis(50);
        }
        assert_eq!(
            rig.call(ONE, &program, "1").result.unwrap_err().kind,
            kind,
            "{source}"
        );
        rig.limits.timeout = Duration::from_secs(20);
        let next = rig.call(ONE, &program, "0");
        assert_eq!(next.cold_start, kind != FailureKind::UserError, "{source}");
        assert_eq!(next.result.unwrap().as_str(), "2");
        rig.quickjs.forget(ONE);
    }
}

#[test]
fn jobs_left_behind_end_before_the_next_call_or_cost_the_isolate() {
    let rig = Rig::new();
    let few = rig.compile("globalThis.n ??= 0; const seen = n; for (let i = 0; i < 5; i++) queueMicrotask(() => n++); return seen");
    assert_eq!(rig.call(ONE, &few, "{}").result.unwrap().as_str(), "0");
    let next = rig.call(ONE, &few, "{}");
    assert_eq!(
        (next.cold_start, next.result.unwrap().as_str()),
        (false, "5")
    );
    let endless = rig.compile("const f = () => Promise.resolve().then(f); f(); return 1");
    for _ in 0..2 {
        let outcome = rig.call(TWO, &endless, "{}");
        assert!(outcome.cold_start);
        assert_eq!(outcome.result.unwrap().as_str(), "1");
    }
}

#[test]
fn swallowed_memory_exhaustion_costs_the_isolate_but_not_the_result() {
    let rig = Rig::new();
    let program = rig.compile(
        "let a = []; try { for (;;) a.push(new Array(1000).fill(1)) } catch { a = null } return 1",
    );
    for _ in 0..2 {
        let outcome = rig.call(ONE, &program, "{}");
        assert!(outcome.cold_start);
        assert_eq!(outcome.result.unwrap().as_str(), "1");
    }
}

#[test]
fn warm_isolates_stay_within_their_bounds() {
    let rig = Rig::with(QuickJsOptions {
        blank_isolates: 0,
        warm_isolates: 3,
        ..QuickJsOptions::default()
    });
    let program = rig.compile("return 1");
    for function in 0..10 {
        rig.call(FunctionId::from_u128(function), &program, "{}");
    }
    assert_eq!(rig.quickjs.stats().warm_isolates, 3);
    assert!(
        !rig.call(FunctionId::from_u128(7), &program, "{}")
            .cold_start
    );
    assert!(
        rig.call(FunctionId::from_u128(6), &program, "{}")
            .cold_start
    );

    let rig = Rig::with(QuickJsOptions {
        warm_bytes: 4 << 20,
        ..QuickJsOptions::default()
    });
    let hoarder = rig.compile("globalThis.kept = new Uint8Array(3 << 20).fill(1); return 1");
    rig.call(ONE, &hoarder, "{}");
    rig.call(TWO, &hoarder, "{}");
    let stats = rig.quickjs.stats();
    assert_eq!(stats.warm_isolates, 1);
    assert!((3 << 20..4 << 20).contains(&stats.warm_bytes), "{stats:?}");
}

#[test]
fn an_isolate_moves_between_threads_without_losing_anything() {
    let rig = Rig::new();
    let program = rig.compile("let n = 0; function deep(k) { return k ? deep(k - 1) : 0 } function handler(k) { deep(k); return ++n }");
    rig.call(ONE, &program, "1");
    for call in 2..20 {
        let outcome = std::thread::scope(|scope| {
            scope
                .spawn(|| rig.call(ONE, &program, "500"))
                .join()
                .unwrap()
        });
        assert_eq!(outcome.result.unwrap().as_str(), call.to_string());
        assert!(!outcome.cold_start);
    }
}

#[test]
fn many_threads_share_the_isolates() {
    let rig = Rig::new();
    let programs: Vec<_> = (0..5)
        .map(|n| rig.compile(&format!("return input + {n}")))
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..8_usize {
            let (rig, programs) = (&rig, &programs);
            scope.spawn(move || {
                for call in 0..200_usize {
                    let which = (thread + call) % programs.len();
                    let function = FunctionId::from_u128(which as u128);
                    let outcome = rig.call(function, &programs[which], &call.to_string());
                    assert_eq!(outcome.result.unwrap().as_str(), (call + which).to_string());
                    if call % 50 == 0 {
                        rig.quickjs.forget(function);
                    }
                }
            });
        }
    });
    assert!(rig.quickjs.stats().warm_isolates <= 40);
}

#[test]
fn blank_isolates_are_made_ahead_and_again_when_half_of_them_are_gone() {
    let rig = Rig::with(QuickJsOptions {
        blank_isolates: 4,
        ..QuickJsOptions::default()
    });
    let ready = |count| {
        rig.wait_for(async {
            while rig.quickjs.stats().blank_isolates < count {
                tokio::task::yield_now().await;
            }
        });
    };
    ready(4);
    let program = rig.compile("return 1");
    for function in 0..5 {
        assert!(
            rig.call(FunctionId::from_u128(function), &program, "{}")
                .cold_start
        );
    }
    ready(2);
}

#[test]
fn a_warm_isolate_learns_a_new_name() {
    let rig = Rig::new();
    let program = rig.compile("return context.functionName");
    for name in ["first", "second", "second", "third"] {
        let output = rig.call_named(ONE, &program, name).result.unwrap();
        assert_eq!(output.as_str(), format!("\"{name}\""));
    }
    assert_eq!(rig.quickjs.stats().warm_isolates, 1);
}
