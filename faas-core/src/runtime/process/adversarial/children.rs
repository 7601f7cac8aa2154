//! Children that misbehave during a call.

use std::sync::Arc;
use std::time::Duration;

use super::malicious::pause;
use super::rig::{LATE, Neighbour, Rig, TIMEOUT, call, call_until, serves};
use crate::model::FailureKind;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};
use crate::runtime::{StopReason, StopSignal};

use FailureKind::{OutOfMemory, Timeout, UserError};

promises! {
    an_invalid_answer_fails_only_its_call: {
        each_costs_its_call_alone(&[
            ("sends an oversized frame", UserError),
            ("sends an empty frame", UserError),
            ("sends garbage", UserError),
            ("answers the previous call", UserError),
            ("answers the next call", UserError),
            ("answers twice", UserError),
            ("answers a compile request", UserError),
            ("refuses a compile request", UserError),
            ("answers with invalid JSON", UserError),
            ("answers with invalid UTF-8", UserError),
            ("exceeds the output limit", UserError),
            ("exceeds the line limit", UserError),
            ("exceeds the log size limit", UserError),
            ("logs 100,000 empty lines", UserError),
            ("fails with an oversized message", UserError),
            ("floods with garbage", UserError),
        ]);
    };
    a_child_that_does_not_answer_fails_only_its_call: {
        each_costs_its_call_alone(&[
            ("sends half an answer", Timeout),
            ("sends one byte at a time", Timeout),
            ("stops itself", Timeout),
            ("hangs", Timeout),
        ]);
    };
    a_child_that_has_ended_fails_only_its_call: {
        each_costs_its_call_alone(&[
            ("sends half an answer and exits", UserError),
            ("sends half an answer, closes its pipes and keeps running", UserError),
            ("closes its pipes and keeps running", UserError),
            ("closes its answer pipe and keeps running", UserError),
            ("exits", UserError),
            ("crashes", UserError),
            ("kills itself", OutOfMemory),
        ]);
    };
    a_child_that_never_reads_blocks_nothing_else: {
        let rig = Rig::new();
        let neighbour = Neighbour::start(&rig);
        let function = rig.function("never reads");
        let input = format!("\"{}\"", "x".repeat(6 << 20));
        let mut instance = rig.instance();
        let (outcome, took) = rig.timed(|| call(&mut *instance, &function, &input));
        assert_eq!(outcome.result.unwrap_err().kind, Timeout);
        assert!(took < TIMEOUT + LATE, "{took:?}");
        serves(&mut *instance, &rig.function("return input"));
        assert!(neighbour.stop() > 1);
    };
    a_child_cannot_claim_that_its_call_is_free: {
        let rig = Rig::new();
        for fault in ["claims a platform failure", "claims a cancellation"] {
            let outcome = call(&mut *rig.instance(), &rig.function(fault), "1");
            assert_eq!(outcome.result.unwrap_err().kind, UserError, "{fault}");
        }
    };
    times_that_a_child_claims_are_clamped: {
        let rig = Rig::new();
        let started = rig.now();
        let function = rig.function("logs with wrong times");
        let outcome = call(&mut *rig.instance(), &function, "1");
        assert_eq!(outcome.result.unwrap().as_str(), "1");
        assert_eq!(outcome.logs.len(), 2);
        for line in outcome.logs {
            assert!(line.at <= rig.now(), "{line:?}");
            assert!(started.as_micros() - line.at.as_micros() < 2_000_000, "{line:?}");
        }
    };
    an_unrequested_message_or_exit_affects_no_other_call: {
        let rig = Rig::new();
        for fault in ["answers this call and the next one", "answers and exits"] {
            let function = rig.function(fault);
            // The isolate is reused directly, and through the pool.
            for idle in [false, true] {
                let mut instance = rig.instance();
                for n in 0..3 {
                    let outcome = call(&mut *instance, &function, &n.to_string());
                    assert_eq!(outcome.result.unwrap().as_str(), n.to_string(), "{fault}, {idle}");
                    assert!(outcome.cold_start, "{fault}, {idle}");
                    if idle {
                        instance.idle();
                    }
                    pause(200);
                }
            }
        }
    };
    a_flood_of_answers_gives_the_first_answer_or_an_error: {
        let rig = Rig::new();
        let function = rig.function("floods with answers");
        let before = rig.settled(0);
        for _ in 0..20 {
            let mut instance = rig.instance();
            for n in 0..3 {
                let outcome = call(&mut *instance, &function, &n.to_string());
                match outcome.result {
                    Ok(output) => assert_eq!(output.as_str(), n.to_string()),
                    Err(failure) => assert_eq!(failure.kind, UserError),
                }
            }
        }
        rig.forget(&function);
        rig.wait_for_only(before);
    };
    a_cancellation_at_the_end_of_a_call_never_hits_the_next_call: {
        let rig = Rig::new();
        let (function, mut instance) = (rig.function("return input"), rig.instance());
        let (mut met, mut cancelled) = (0, 0);
        for n in 0..600 {
            let stop = Arc::new(StopSignal::default());
            let theirs = stop.clone();
            let stopping = std::thread::spawn(move || {
                for _ in 0..fastrand::u32(0..40_000) {
                    std::hint::spin_loop();
                }
                theirs.stop(StopReason::Cancelled);
            });
            match call_until(&mut *instance, &function, "1", &stop).result {
                Ok(_) => met += usize::from(stop.reason().is_some()),
                Err(failure) => {
                    assert_eq!(failure.kind, FailureKind::Cancelled, "{n}");
                    cancelled += 1;
                }
            }
            serves(&mut *instance, &function);
            stopping.join().unwrap();
            serves(&mut *instance, &function);
        }
        assert!(met > 0 && cancelled > 0, "{met} met, {cancelled} cancelled");
    };
}

/// Lets a child commit each fault, while a neighbour and a function with warm children are served.
fn each_costs_its_call_alone(faults: &[(&str, FailureKind)]) {
    let rig = Rig::new();
    let honest = rig.function("return input");
    let (mut instance, mut other) = (rig.instance(), rig.instance());
    serves(&mut *other, &honest);
    let neighbour = Neighbour::start(&rig);
    let before = rig.settled(2);
    for (fault, kind) in faults {
        let function = rig.function(fault);
        let (outcome, took) = rig.timed(|| call(&mut *instance, &function, "[1, 2]"));
        let failure = outcome.result.unwrap_err();
        assert_eq!(failure.kind, *kind, "{fault}: {failure:?}");
        assert!(failure.message.len() < 200, "{fault}");
        assert!(took < TIMEOUT + LATE, "{fault}: {took:?}");
        let soon = if *kind == Timeout {
            TIMEOUT
        } else {
            Duration::ZERO
        };
        assert!(took >= soon, "{fault}: {took:?}");
        serves(&mut *other, &honest);
        rig.wait_for_only(before);
    }
    assert!(neighbour.stop() > faults.len());
}
