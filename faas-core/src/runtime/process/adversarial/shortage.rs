//! A host that runs out of descriptors, and a child that does not die.

use std::os::unix::process::ExitStatusExt as _;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, pidfd_send_signal, setrlimit};

use super::malicious::pause;
use super::rig::{Neighbour, Rig, below};
use crate::model::FailureKind;
use crate::runtime::Runtime as _;
use crate::runtime::process::WorkerCommand;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};
use crate::runtime::process::worker_host::{FirstOrder, WorkerHost};

const FIRST: FirstOrder = FirstOrder {
    optional: true,
    eval: false,
    modules: None,
};

promises! {
    without_descriptors_calls_fail_and_no_child_leaks: {
        let rig = Rig::new();
        let neighbour = Neighbour::apart(&rig);
        let function = rig.function("return input");
        let before = rig.settled(2);
        let usual = getrlimit(Resource::Nofile);
        let (mut served, mut failed) = (0, 0);
        // Descriptors are numbered from 0, and three are always in use.
        for current in (3..24).rev().chain(3..24) {
            let limit = Rlimit { current: Some(current), ..usual };
            setrlimit(Resource::Nofile, limit).unwrap();
            let outcome = rig.call(&function, "1");
            rig.forget(&function);
            pause(50);
            setrlimit(Resource::Nofile, usual).unwrap();
            match outcome.result {
                Ok(_) => served += 1,
                Err(failure) => {
                    assert_eq!(failure.kind, FailureKind::Platform, "{current}: {failure:?}");
                    failed += 1;
                }
            }
            rig.wait_for_only(before);
        }
        assert!(served > 0 && failed > 0, "{served} served, {failed} failed");
        rig.serves(&function);
        neighbour.stop();
    };
    a_host_without_descriptors_is_not_ready: {
        let rig = Rig::new();
        rig.settled(0);
        rig.processes.check().unwrap();
        let usual = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(3), ..usual }).unwrap();
        let refused = rig.processes.check();
        setrlimit(Resource::Nofile, usual).unwrap();
        assert!(refused.is_err());
        rig.processes.check().unwrap();
    };
    idle_children_are_evicted_when_descriptors_run_out: {
        let rig = Rig::new();
        let (one, other) = (rig.function("return input"), rig.function("return 1"));
        rig.settled(0);
        rig.serves(&one);
        let before = rig.settled(1);
        // Too few descriptors for another child.
        let current = u64::try_from(before.descriptors).unwrap() + 2;
        let usual = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..usual }).unwrap();
        let outcome = rig.call(&other, "1");
        setrlimit(Resource::Nofile, usual).unwrap();
        assert_eq!(outcome.result.unwrap().as_str(), "1");
        rig.wait_for_only(before);
    };
    exit_statuses_are_known_even_if_the_host_inherited_an_ignored_sigchld: {
        ignore_ends_of_children();
        let (worker_host, _) = WorkerHost::open(WorkerCommand::default(), FIRST.clone()).unwrap();
        let child = worker_host.fork().unwrap();
        pidfd_send_signal(&child.pidfd, Signal::KILL).unwrap();
        let ended = worker_host.reap(child.id, &child.pidfd).unwrap();
        assert_eq!(ended.signal(), Some(libc::SIGKILL));
    };
    a_child_that_is_slow_to_die_blocks_nothing_and_is_reaped_later: {
        let (worker_host, _) = WorkerHost::open(WorkerCommand::default(), FIRST.clone()).unwrap();
        let slow = worker_host.fork().unwrap();
        let other = worker_host.fork().unwrap();
        // The child was not killed yet; to the host it looks like one that is slow to die.
        assert_eq!(worker_host.reap(slow.id, &slow.pidfd), None);
        pidfd_send_signal(&other.pidfd, Signal::KILL).unwrap();
        assert!(worker_host.reap(other.id, &other.pidfd).is_some());
        assert_eq!(below(std::process::id()).len(), 2);
        pidfd_send_signal(&slow.pidfd, Signal::KILL).unwrap();
        while below(std::process::id()).len() > 1 {
            pause(5);
        }
    };
}

#[expect(unsafe_code, reason = "std cannot ignore a signal")]
fn ignore_ends_of_children() {
    // SAFETY: sets no handler.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}
