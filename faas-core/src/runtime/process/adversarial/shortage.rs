//! A host whose descriptors run out, and a child that does not die.

use std::os::unix::process::ExitStatusExt as _;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, pidfd_send_signal, setrlimit};

use super::impostor::pause;
use super::rig::{Neighbour, Rig, below, call, serves};
use crate::model::FailureKind;
use crate::runtime::Runtime as _;
use crate::runtime::process::WorkerCommand;
use crate::runtime::process::sandbox::tests::{fresh::in_fresh_process, promises};
use crate::runtime::process::worker_host::WorkerHost;

promises! {
    a_host_without_descriptors_fails_calls_that_need_some_and_keeps_no_child: {
        let rig = Rig::new();
        let neighbour = Neighbour::move_in(&rig);
        let function = rig.function("return input");
        let before = rig.settled(1);
        let usual = getrlimit(Resource::Nofile);
        let (mut served, mut failed) = (0, 0);
        // Numbers are given out from below, and three are in use for certain.
        for current in (3..24).rev().chain(3..24) {
            let limit = Rlimit { current: Some(current), ..usual };
            setrlimit(Resource::Nofile, limit).unwrap();
            let outcome = call(&mut *rig.instance(), &function, "1");
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
            rig.has_only(before);
        }
        assert!(served > 0 && failed > 0, "{served} served, {failed} failed");
        serves(&mut *rig.instance(), &function);
        neighbour.move_out();
    };
    a_host_without_descriptors_is_not_ready_until_it_has_some: {
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
    children_that_nobody_uses_make_room_for_those_that_are_needed: {
        let rig = Rig::new();
        let (one, other) = (rig.function("return input"), rig.function("return 1"));
        rig.settled(0);
        serves(&mut *rig.instance(), &one);
        let before = rig.settled(1);
        // Too few for another child's.
        let current = u64::try_from(before.descriptors).unwrap() + 2;
        let usual = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..usual }).unwrap();
        let outcome = call(&mut *rig.instance(), &other, "1");
        setrlimit(Resource::Nofile, usual).unwrap();
        assert_eq!(outcome.result.unwrap().as_str(), "1");
        rig.has_only(before);
    };
    how_a_child_has_ended_is_known_also_where_the_host_was_started_to_ignore_it: {
        ignore_ends_of_children();
        let (worker_host, _) = WorkerHost::open(WorkerCommand::default(), true).unwrap();
        let child = worker_host.fork().unwrap();
        pidfd_send_signal(&child.pidfd, Signal::KILL).unwrap();
        let ended = worker_host.reap(child.id, &child.pidfd).unwrap();
        assert_eq!(ended.signal(), Some(libc::SIGKILL));
    };
    a_child_that_is_slow_to_die_holds_nobody_up_and_is_reaped_when_it_has: {
        let (worker_host, _) = WorkerHost::open(WorkerCommand::default(), true).unwrap();
        let slow = worker_host.fork().unwrap();
        let other = worker_host.fork().unwrap();
        // Nobody has killed it yet: to the host it is one that does not die of that.
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
    // SAFETY: ignoring a signal runs no handler.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
}
