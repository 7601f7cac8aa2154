//! Children that lie to a call.

use std::sync::Arc;
use std::time::Duration;

use super::impostor::pause;
use super::rig::{LATE, Neighbour, Rig, TIMEOUT, call, call_until, serves};
use crate::model::FailureKind;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};
use crate::runtime::{StopReason, StopSignal};

use FailureKind::{OutOfMemory, Timeout, UserError};

promises! {
    an_answer_that_is_none_costs_its_call_alone: {
        each_costs_its_call_alone(&[
            ("it says a frame that is too long", UserError),
            ("it says a frame of no bytes", UserError),
            ("it says garbage", UserError),
            ("it answers the call before", UserError),
            ("it answers the call after", UserError),
            ("it answers twice", UserError),
            ("it answers an upload", UserError),
            ("it refuses an upload", UserError),
            ("it answers what is not JSON", UserError),
            ("it answers what is not text", UserError),
            ("it answers more than it may", UserError),
            ("it logs too many lines", UserError),
            ("it logs too many bytes", UserError),
            ("it logs nothing, a hundred thousand times", UserError),
            ("it fails at length", UserError),
            ("it floods with garbage", UserError),
        ]);
    };
    a_child_that_does_not_answer_costs_its_call_alone: {
        each_costs_its_call_alone(&[
            ("it says half of it", Timeout),
            ("it says one byte at a time", Timeout),
            ("it stops itself", Timeout),
            ("it hangs", Timeout),
        ]);
    };
    a_child_that_is_gone_costs_its_call_alone: {
        each_costs_its_call_alone(&[
            ("it says half of it and ends", UserError),
            ("it says half of it, closes its pipes and lives on", UserError),
            ("it closes its pipes and lives on", UserError),
            ("it closes its answers and lives on", UserError),
            ("it ends", UserError),
            ("it crashes", UserError),
            ("it kills itself", OutOfMemory),
        ]);
    };
    a_child_that_never_reads_holds_nobody_up: {
        let rig = Rig::new();
        let neighbour = Neighbour::move_in(&rig);
        let function = rig.function("it never reads");
        let input = format!("\"{}\"", "x".repeat(6 << 20));
        let mut instance = rig.instance();
        let (outcome, took) = rig.timed(|| call(&mut *instance, &function, &input));
        assert_eq!(outcome.result.unwrap_err().kind, Timeout);
        assert!(took < TIMEOUT + LATE, "{took:?}");
        serves(&mut *instance, &rig.function("return input"));
        assert!(neighbour.move_out() > 1);
    };
    no_claim_of_a_child_makes_its_call_free: {
        let rig = Rig::new();
        for lie in ["it claims that the platform failed", "it claims that somebody cancelled"] {
            let outcome = call(&mut *rig.instance(), &rig.function(lie), "1");
            assert_eq!(outcome.result.unwrap_err().kind, UserError, "{lie}");
        }
    };
    a_child_s_clock_is_not_believed: {
        let rig = Rig::new();
        let started = rig.now();
        let function = rig.function("it logs from the future");
        let outcome = call(&mut *rig.instance(), &function, "1");
        assert_eq!(outcome.result.unwrap().as_str(), "1");
        assert_eq!(outcome.logs.len(), 2);
        for line in outcome.logs {
            assert!(line.at <= rig.now(), "{line:?}");
            assert!(started.as_micros() - line.at.as_micros() < 2_000_000, "{line:?}");
        }
    };
    what_a_child_says_or_does_unasked_meets_no_call: {
        let rig = Rig::new();
        for lie in ["it answers, and the next call too", "it answers and ends"] {
            let function = rig.function(lie);
            // At hand, and in the pool.
            for idle in [false, true] {
                let mut instance = rig.instance();
                for n in 0..3 {
                    let outcome = call(&mut *instance, &function, &n.to_string());
                    assert_eq!(outcome.result.unwrap().as_str(), n.to_string(), "{lie}, {idle}");
                    assert!(outcome.cold_start, "{lie}, {idle}");
                    if idle {
                        instance.idle();
                    }
                    pause(200);
                }
            }
        }
    };
    of_a_flood_of_answers_the_first_is_taken_or_none: {
        let rig = Rig::new();
        let function = rig.function("it floods with answers");
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
        rig.has_only(before);
    };
    a_cancellation_that_meets_the_end_of_its_call_hits_no_other: {
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

/// Has a child tell each lie, while a neighbour and a function with warm children go on.
fn each_costs_its_call_alone(lies: &[(&str, FailureKind)]) {
    let rig = Rig::new();
    let honest = rig.function("return input");
    let (mut instance, mut other) = (rig.instance(), rig.instance());
    serves(&mut *other, &honest);
    let neighbour = Neighbour::move_in(&rig);
    let before = rig.settled(2);
    for (lie, kind) in lies {
        let function = rig.function(lie);
        let (outcome, took) = rig.timed(|| call(&mut *instance, &function, "[1, 2]"));
        let failure = outcome.result.unwrap_err();
        assert_eq!(failure.kind, *kind, "{lie}: {failure:?}");
        assert!(failure.message.len() < 200, "{lie}");
        assert!(took < TIMEOUT + LATE, "{lie}: {took:?}");
        let soon = if *kind == Timeout {
            TIMEOUT
        } else {
            Duration::ZERO
        };
        assert!(took >= soon, "{lie}: {took:?}");
        serves(&mut *other, &honest);
        rig.has_only(before);
    }
    assert!(neighbour.move_out() > lies.len());
}
