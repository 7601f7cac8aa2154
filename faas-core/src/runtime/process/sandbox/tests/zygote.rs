//! Tests of the user, resources and lifetime of a sandboxed process.

use std::ffi::c_int;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, dumpable_behavior, getegid, geteuid, getgid, getgroups, getppid, getuid,
};
use rustix::thread::{
    CapabilitySet, Gid, capabilities, capability_is_in_bounding_set, no_new_privs,
    set_thread_groups,
};

use super::super::zygote::leave_files;
use super::super::{Lock, LockError, lock_zygote};
use super::fresh::{
    End, WORKED, call, fork, in_fresh_process, in_sandboxed_child, int, value_of, wait_for,
};
use crate::clock::{Clock, SystemClock};
use crate::runtime::process::channel;

const MEGABYTE: usize = 1 << 20;

promises! {
    a_sandboxed_process_has_no_privileges: {
        let was_root = geteuid().is_root();
        if was_root {
            // The process may start with or without groups. In some containers, root cannot change
            // them.
            let _ = set_thread_groups(&[Gid::from_raw(4)]);
        }
        let may_bound = capabilities(None).unwrap().effective.contains(CapabilitySet::SETPCAP);
        let prepared = lock_zygote().unwrap();
        if may_bound {
            // The kernel reports numbers that it does not know as absent.
            let left = (0..64)
                .map(|number| CapabilitySet::from_bits_retain(1 << number))
                .filter(|one| capability_is_in_bounding_set(*one).unwrap_or(false));
            assert_eq!(left.count(), 0);
        }
        let sets = capabilities(None).unwrap();
        let all = sets.effective | sets.permitted | sets.inheritable;
        assert_eq!(all, CapabilitySet::empty());
        assert!(no_new_privs().unwrap());
        if was_root && !prepared.missing().contains(&Lock::Privileges) {
            let ids = [getuid().as_raw(), geteuid().as_raw(), getgid().as_raw(), getegid().as_raw()];
            assert_eq!(ids, [65534; 4]);
            assert!(getgroups().unwrap().is_empty());
        }
    };
    with_an_empty_root_no_file_can_be_named_or_created: {
        if capabilities(None).unwrap().effective.contains(CapabilitySet::SYS_CHROOT) {
            // File permissions play no role here: root still has all of them.
            leave_files().unwrap();
            assert_eq!(fs::read_dir("/").unwrap().count(), 0);
            assert_eq!(fs::metadata("..").unwrap().nlink(), 0);
            for path in ["/proc", "../proc", "/../tmp"] {
                assert_eq!(fs::metadata(path).unwrap_err().kind(), ErrorKind::NotFound, "{path}");
            }
            assert_eq!(fs::create_dir("/x").unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(File::create("/x").unwrap_err().kind(), ErrorKind::NotFound);
        } else {
            leave_files().unwrap_err();
            assert!(fs::metadata("/proc").is_ok());
        }
    };
    a_sandboxed_process_that_was_root_has_an_empty_root: {
        let may = capabilities(None).unwrap().effective.contains(CapabilitySet::SYS_CHROOT);
        lock_zygote().unwrap();
        assert_eq!(fs::metadata("/").unwrap().nlink() == 0, may);
    };
    other_processes_cannot_read_the_memory_of_a_sandboxed_process: {
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable);
        lock_zygote().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    };
    a_sandboxed_process_is_the_first_victim_of_the_oom_killer: {
        let zygote = std::process::id();
        let (mut sender, mut receiver) = UnixStream::pair().unwrap();
        let witness = fork(|| {
            receiver.read_exact(&mut [0]).unwrap();
            let score = fs::read_to_string(format!("/proc/{zygote}/oom_score_adj")).unwrap();
            score.trim().parse::<c_int>().unwrap() - 1000
        });
        lock_zygote().unwrap();
        sender.write_all(b"!").unwrap();
        assert_eq!(wait_for(witness), WORKED);
    };
    a_sandboxed_child_has_two_descriptors: {
        // Leaked descriptors, one low and one high.
        let low = File::open("/").unwrap().into_raw_fd();
        let high = value_of(libc::SYS_fcntl, [int(low), int(libc::F_DUPFD), 700]).unwrap();
        let is_open = |number: usize| call(libc::SYS_fcntl, [number, int(libc::F_GETFD)]) == 0;
        assert!(is_open(high));
        let prepared = lock_zygote().unwrap();
        let end = in_sandboxed_child(&prepared, |_| {
            let open: Vec<usize> = (0..1024).filter(|number| is_open(*number)).collect();
            c_int::from(open != [0, 1])
        });
        assert_eq!(end, WORKED);
    };
    a_sandboxed_child_cannot_exceed_its_memory_limit: {
        let prepared = lock_zygote().unwrap();
        assert_eq!(in_sandboxed_child(&prepared, |_| map(64 * MEGABYTE)), WORKED);
        let end = in_sandboxed_child(&prepared, |locked| {
            locked.address_space.limit_growth(32 * MEGABYTE as u64).unwrap();
            assert_eq!(map(24 * MEGABYTE), 0);
            // The memory mapped above counts.
            assert_eq!(map(4 * MEGABYTE), 0);
            map(8 * MEGABYTE)
        });
        assert_eq!(end, End::Returned(Errno::NOMEM.raw_os_error()));
    };
    a_memory_limit_can_be_lowered_but_not_raised: {
        let prepared = lock_zygote().unwrap();
        let end = in_sandboxed_child(&prepared, |locked| {
            let space = locked.address_space;
            space.limit_growth(32 * MEGABYTE as u64).unwrap();
            space.limit_growth(16 * MEGABYTE as u64).unwrap();
            assert_eq!(map(17 * MEGABYTE), Errno::NOMEM.raw_os_error());
            match space.limit_growth(32 * MEGABYTE as u64) {
                Err(LockError { lock: Lock::AddressSpace, source }) => {
                    source.raw_os_error().unwrap()
                }
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(end, End::Returned(Errno::PERM.raw_os_error()));
    };
    a_sandboxed_child_ends_with_the_zygote: {
        assert_eq!(answers_of_an_orphan(false), [1, 2]);
        assert_eq!(answers_of_an_orphan(true), [1]);
    };
    an_orphaned_child_is_refused_instead_of_sandboxed: {
        let (mut seen, report) = UnixStream::pair().unwrap();
        let zygote = fork(|| {
            let prepared = lock_zygote().unwrap();
            fork(|| {
                while getppid() == Some(prepared.zygote) {
                    std::thread::yield_now();
                }
                let (_host, ends) = channel::open().unwrap();
                let refused = prepared.lock_child(ends);
                let lock = refused.map(|_| ()).unwrap_err().lock;
                (&report).write_all(lock.to_string().as_bytes()).unwrap();
                0
            });
            0
        });
        drop(report);
        assert_eq!(wait_for(zygote), WORKED);
        let mut lock = String::new();
        seen.read_to_string(&mut lock).unwrap();
        assert_eq!(lock, Lock::Parent.to_string());
    };
}

/// Returns what a child answers when it is sent 1 while its zygote lives, and 2 afterwards.
/// `locked`: whether the child is sandboxed.
fn answers_of_an_orphan(locked: bool) -> Vec<u8> {
    let (ours, theirs) = channel::open().unwrap();
    let (mut end, mut until) = UnixStream::pair().unwrap();
    let zygote = fork(|| {
        let prepared = lock_zygote().unwrap();
        fork(|| {
            let mut theirs = match locked {
                true => prepared.lock_child(theirs).unwrap().ends,
                false => theirs,
            };
            let mut asked = [0];
            while theirs.requests.read_exact(&mut asked).is_ok() && asked != [0] {
                theirs.answers.write_all(&asked).unwrap();
            }
            0
        });
        until.read_exact(&mut [0]).unwrap();
        0
    });
    let clock = SystemClock::new();
    let until = clock.monotonic() + Duration::from_secs(20);
    let mut ours = ours.until(until, &clock);
    let mut ask = |number: u8| {
        let mut answer = [0];
        ours.write_all(&[number])?;
        ours.read_exact(&mut answer).map(|()| answer[0])
    };
    let mut answers = vec![ask(1).unwrap()];
    end.write_all(b"!").unwrap();
    assert_eq!(wait_for(zygote), WORKED);
    answers.extend(ask(2));
    let _ = ours.write_all(&[0]);
    answers
}

fn map(bytes: usize) -> c_int {
    let protection = int(libc::PROT_READ | libc::PROT_WRITE);
    let flags = int(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    call(libc::SYS_mmap, [0, bytes, protection, flags, usize::MAX, 0])
}
