//! Workers that break the protocol, and workers that stop for a while.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::malicious::pause;
use super::rig::{Neighbour, Rig, TIMEOUT, below};
use crate::model::FailureKind;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};

promises! {
    a_worker_that_misbehaves_at_a_fork_is_replaced: {
        let rig = Rig::new();
        let function = rig.function("return input");
        let before = rig.settled(0);
        for fault in [
            "closes its socket and keeps running",
            "exits",
            "sends an unexpected reply",
            "sends garbage",
            "sends an oversized datagram",
            "reports the host's pid and pidfd",
            "attaches the host's pidfd",
            "swaps the descriptors",
            "reports pid 0",
            "reports a negative pid",
            "exits after the fork",
            "sends nothing",
        ] {
            rig.set_fault(&format!("fork: {fault}"));
            rig.serves(&function);
            assert!(rig.has_misbehaved(), "{fault}");
            rig.forget(&function);
            rig.wait_for_only(before);
        }
    };
    a_worker_that_misbehaves_at_a_reap_fails_no_other_call: {
        let rig = Rig::new();
        let (function, ending) = (rig.function("return input"), rig.function("exits"));
        let before = rig.settled(0);
        for fault in [
            "closes its socket and keeps running",
            "exits",
            "sends an unexpected reply",
            "sends garbage",
            "reports an error",
        ] {
            rig.serves(&function);
            rig.set_fault(&format!("reap: {fault}"));
            // The exit status is unknown: that is a platform failure.
            let outcome = rig.call(&ending, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{fault}");
            assert!(rig.has_misbehaved(), "{fault}");
            // If the worker died, its child died with it.
            pause(200);
            rig.serves(&function);
            rig.forget(&function);
            if fault != "reports an error" {
                rig.wait_for_only(before);
            }
        }
    };
    a_worker_that_cannot_fork_fails_only_the_call_that_needs_a_child: {
        let rig = Rig::new();
        let neighbour = Neighbour::apart(&rig);
        let function = rig.function("return input");
        let before = rig.settled(2);
        for fault in [
            "reports an error",
            "attaches no descriptors",
            "attaches one descriptor",
            "forks a child that exits before it is ready",
        ] {
            rig.set_fault(&format!("fork: {fault}"));
            let outcome = rig.call(&function, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{fault}");
            assert!(rig.has_misbehaved(), "{fault}");
            rig.wait_for_only(before);
        }
        neighbour.stop();
        rig.serves(&function);
    };
    a_worker_that_does_not_start_is_replaced: {
        let rig = Rig::new();
        let function = rig.function("return input");
        for fault in [
            "closes its socket and keeps running",
            "exits",
            "sends an unexpected reply",
            "sends nothing",
        ] {
            rig.set_fault(&format!("lock: {fault}"));
            kill(below(std::process::id())[0], Signal::KILL);
            let outcome = rig.call(&function, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{fault}");
            assert!(rig.has_misbehaved(), "{fault}");
            rig.serves(&function);
            rig.forget(&function);
        }
    };
    a_crash_is_reported_at_once_while_the_worker_is_stopped: {
        let rig = Rig::new();
        let function = rig.function("crashes");
        let before = rig.settled(0);
        let instance = rig.acquire(&function).unwrap();
        let worker = below(std::process::id())[0];
        kill(worker, Signal::STOP);
        let (outcome, took) = rig.timed(|| rig.run(instance, &function, "1"));
        kill(worker, Signal::CONT);
        // The exit status is unknown, and the call did not wait for it.
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform);
        assert!(took < TIMEOUT, "{took:?}");
        // The late reply is not mistaken for the next one.
        let outcome = rig.call(&function, "1");
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::UserError);
        rig.wait_for_only(before);
    };
    a_stopped_worker_delays_only_calls_that_need_a_fork: {
        let rig = Rig::new();
        let neighbour = Neighbour::start(&rig);
        let function = rig.function("return input");
        rig.settled(1);
        let worker = below(std::process::id())[0];
        kill(worker, Signal::STOP);
        std::thread::scope(|scope| {
            let cold = scope.spawn(|| rig.timed(|| rig.serves(&function)).1);
            pause(1500);
            kill(worker, Signal::CONT);
            let took = cold.join().unwrap();
            assert!(took > Duration::from_millis(700), "{took:?}");
        });
        // The neighbour was served meanwhile, by the same child; it asserts that itself.
        assert!(neighbour.stop() > 1);
    };
}

fn kill(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}
