//! Workers that lie, and workers that do nothing for a while.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::impostor::pause;
use super::rig::{Neighbour, Rig, TIMEOUT, below, call, serves};
use crate::model::FailureKind;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};

promises! {
    a_worker_that_lies_about_a_fork_is_replaced: {
        let rig = Rig::new();
        let function = rig.function("return input");
        let before = rig.settled(0);
        for lie in [
            "it closes its socket and lives on",
            "it ends",
            "it says something else",
            "it says garbage",
            "it says more than fits",
            "it names the host",
            "it brings the host",
            "it swaps them",
            "it names nobody",
            "it names a group",
            "it ends after it",
            "it says nothing",
        ] {
            rig.tell(&format!("fork: {lie}"));
            serves(&mut *rig.instance(), &function);
            assert!(rig.has_lied(), "{lie}");
            rig.forget(&function);
            rig.has_only(before);
        }
    };
    a_worker_that_lies_about_an_end_costs_no_call: {
        let rig = Rig::new();
        let (function, ending) = (rig.function("return input"), rig.function("it ends"));
        let before = rig.settled(0);
        for lie in [
            "it closes its socket and lives on",
            "it ends",
            "it says something else",
            "it says garbage",
            "it says an error",
        ] {
            let mut instance = rig.instance();
            serves(&mut *instance, &function);
            rig.tell(&format!("reap: {lie}"));
            // How it ended is not known: that is the platform's failure.
            let outcome = call(&mut *rig.instance(), &ending, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{lie}");
            assert!(rig.has_lied(), "{lie}");
            // Its child died with the worker, if that did.
            pause(200);
            serves(&mut *instance, &function);
            drop(instance);
            rig.forget(&function);
            if lie != "it says an error" {
                rig.has_only(before);
            }
        }
    };
    a_worker_that_cannot_fork_costs_the_call_that_needs_it: {
        let rig = Rig::new();
        let neighbour = Neighbour::move_in(&rig);
        let function = rig.function("return input");
        let before = rig.settled(1);
        for lie in [
            "it says an error",
            "it brings no descriptors",
            "it brings one descriptor",
            "its child ends before it is ready",
        ] {
            rig.tell(&format!("fork: {lie}"));
            let outcome = call(&mut *rig.instance(), &function, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{lie}");
            assert!(rig.has_lied(), "{lie}");
            rig.has_only(before);
        }
        neighbour.move_out();
        serves(&mut *rig.instance(), &function);
    };
    a_worker_that_does_not_start_is_given_up: {
        let rig = Rig::new();
        let function = rig.function("return input");
        for lie in [
            "it closes its socket and lives on",
            "it ends",
            "it says something else",
            "it says nothing",
        ] {
            rig.tell(&format!("lock: {lie}"));
            kill(below(std::process::id())[0], Signal::KILL);
            let outcome = call(&mut *rig.instance(), &function, "1");
            assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform, "{lie}");
            assert!(rig.has_lied(), "{lie}");
            serves(&mut *rig.instance(), &function);
            rig.forget(&function);
        }
    };
    a_child_that_crashes_while_its_worker_stands_still_is_told_at_once: {
        let rig = Rig::new();
        let function = rig.function("it crashes");
        let before = rig.settled(0);
        let mut instance = rig.instance();
        instance.prepare(function.version()).unwrap();
        let worker = below(std::process::id())[0];
        kill(worker, Signal::STOP);
        let (outcome, took) = rig.timed(|| call(&mut *instance, &function, "1"));
        kill(worker, Signal::CONT);
        // How it ended is not known, and was not waited for.
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::Platform);
        assert!(took < TIMEOUT, "{took:?}");
        // The late reply is not taken for another's.
        let outcome = call(&mut *instance, &function, "1");
        assert_eq!(outcome.result.unwrap_err().kind, FailureKind::UserError);
        drop(instance);
        rig.has_only(before);
    };
    a_worker_that_stands_still_holds_up_only_who_needs_a_fork: {
        let rig = Rig::new();
        let neighbour = Neighbour::move_in(&rig);
        let function = rig.function("return input");
        rig.settled(1);
        let worker = below(std::process::id())[0];
        kill(worker, Signal::STOP);
        std::thread::scope(|scope| {
            let cold = scope.spawn(|| rig.timed(|| serves(&mut *rig.instance(), &function)).1);
            pause(1500);
            kill(worker, Signal::CONT);
            let took = cold.join().unwrap();
            assert!(took > Duration::from_millis(700), "{took:?}");
        });
        // They were served meanwhile, and by the same child: it says so itself.
        assert!(neighbour.move_out() > 1);
    };
}

fn kill(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}
