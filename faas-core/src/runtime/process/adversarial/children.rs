//! Children that misbehave during a call.

use std::sync::Arc;
use std::time::Duration;

use super::malicious::pause;
use super::rig::{LATE, Neighbour, Rig, TIMEOUT};
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
    a_child_that_waits_or_calls_its_host_against_the_protocol_fails_only_its_call: {
        each_costs_its_call_alone(&[
            ("waits for nothing", UserError),
            ("waits in the previous call", UserError),
            ("waits twice", UserError),
            ("waits and answers", UserError),
            ("waits and then sends something", UserError),
            ("waits and exits", UserError),
            ("waits and closes its pipes", UserError),
            ("goes on with another call", UserError),
            ("floods after a wait", UserError),
            ("calls a host function that it was not given", UserError),
            ("calls a binding that it was not given", UserError),
            ("calls its host in the previous call", UserError),
            ("calls its host twice with one number", UserError),
            ("calls its host too often", UserError),
            ("calls its host with invalid JSON", UserError),
            ("calls its host with too much", UserError),
            ("reads too many streams", UserError),
            ("writes too much to a stream", UserError),
            ("calls its host and answers", UserError),
            ("floods with host calls", UserError),
            ("waits for ever", Timeout),
        ]);
    };
    a_child_that_runs_while_it_says_that_it_waits_is_killed: {
        let rig = Rig::new();
        let outcome = rig.call(&rig.function("waits and burns"), "1");
        let failure = outcome.result.unwrap_err();
        assert_eq!(failure.kind, UserError, "{failure:?}");
        assert!(failure.message.contains("while it said that it waited"), "{failure:?}");
        assert!(outcome.cpu_time > Duration::from_millis(20), "{:?}", outcome.cpu_time);
    };
    a_child_that_keeps_to_the_protocol_waits_and_calls_its_host: {
        let rig = Rig::new();
        for code in ["waits correctly", "calls its host correctly"] {
            let function = rig.function(code);
            for n in 0..3 {
                let outcome = rig.call(&function, "1");
                assert_eq!(outcome.result.unwrap().as_str(), "\"waited\"", "{code}");
                assert_eq!(outcome.cold_start, n == 0);
            }
        }
    };
    a_child_that_never_reads_blocks_nothing_else: {
        let rig = Rig::new();
        let neighbour = Neighbour::start(&rig);
        let function = rig.function("never reads");
        let input = format!("\"{}\"", "x".repeat(6 << 20));
        let (outcome, took) = rig.timed(|| rig.call(&function, &input));
        assert_eq!(outcome.result.unwrap_err().kind, Timeout);
        assert!(took < TIMEOUT + LATE, "{took:?}");
        rig.serves(&rig.function("return input"));
        assert!(neighbour.stop() > 1);
    };
    a_child_cannot_claim_that_its_call_is_free: {
        let rig = Rig::new();
        for fault in ["claims a platform failure", "claims a cancellation"] {
            let outcome = rig.call(&rig.function(fault), "1");
            assert_eq!(outcome.result.unwrap_err().kind, UserError, "{fault}");
        }
    };
    times_that_a_child_claims_are_clamped: {
        let rig = Rig::new();
        let started = rig.now();
        let function = rig.function("logs with wrong times");
        let outcome = rig.call(&function, "1");
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
            for n in 0..3 {
                let outcome = rig.call(&function, &n.to_string());
                assert_eq!(outcome.result.unwrap().as_str(), n.to_string(), "{fault}");
                assert!(outcome.cold_start, "{fault}");
                pause(200);
            }
        }
    };
    a_flood_of_answers_gives_the_first_answer_or_an_error: {
        let rig = Rig::new();
        let function = rig.function("floods with answers");
        let before = rig.settled(0);
        for _ in 0..20 {
            for n in 0..3 {
                let outcome = rig.call(&function, &n.to_string());
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
        let function = rig.function("return input");
        let (mut met, mut cancelled) = (0, 0);
        for n in 0..20_000 {
            if n >= 600 && met > 0 && cancelled > 0 {
                break;
            }
            let stop = Arc::new(StopSignal::default());
            let theirs = stop.clone();
            let stopping = std::thread::spawn(move || {
                for _ in 0..fastrand::u32(0..40_000) {
                    std::hint::spin_loop();
                }
                theirs.stop(StopReason::Cancelled);
            });
            // The stop comes before, within or after the call.
            for _ in 0..fastrand::u32(0..40_000) * (n % 2) {
                std::hint::spin_loop();
            }
            match rig.call_until(&function, "1", stop.clone()).result {
                Ok(_) => met += usize::from(stop.reason().is_some()),
                Err(failure) => {
                    assert_eq!(failure.kind, FailureKind::Cancelled, "{n}");
                    cancelled += 1;
                }
            }
            rig.serves(&function);
            stopping.join().unwrap();
            rig.serves(&function);
        }
        assert!(met > 0 && cancelled > 0, "{met} met, {cancelled} cancelled");
    };
}

/// Lets a child commit each fault, while a neighbour and a function with warm children are served.
fn each_costs_its_call_alone(faults: &[(&str, FailureKind)]) {
    let rig = Rig::new();
    let honest = rig.function("return input");
    rig.serves(&honest);
    let neighbour = Neighbour::start(&rig);
    let before = rig.settled(2);
    for (fault, kind) in faults {
        let function = rig.function(fault);
        let (outcome, took) = rig.timed(|| rig.call(&function, "[1, 2]"));
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
        rig.serves(&honest);
        rig.wait_for_only(before);
    }
    assert!(neighbour.stop() > faults.len());
}
