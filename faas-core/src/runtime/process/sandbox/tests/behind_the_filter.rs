//! Tests of the other restrictions, for code that bypasses the seccomp filter: the filter of these
//! children permits everything.

use std::ffi::c_int;
use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::super::filter::Filter;
use super::super::{Lock, Prepared, lock_zygote};
use super::fresh::{
    End, WORKED, address, buffer, call, forked_by, in_child, in_fresh_process, in_sandboxed_child,
    int, value_of,
};
use crate::runtime::process::channel;

fn sandbox_without_filter() -> Prepared {
    let mut prepared = lock_zygote().unwrap();
    prepared.filter = Filter::of_everything();
    prepared
}

fn refused(error: Errno) -> End {
    End::Returned(error.raw_os_error())
}

/// Checks that the attempt works outside the sandbox and that a sandboxed child ends in this way.
fn ends_with(end: End, attempt: fn() -> c_int) {
    assert_eq!(in_child(attempt), WORKED);
    let prepared = sandbox_without_filter();
    assert_eq!(in_sandboxed_child(&prepared, |_| attempt()), end);
}

/// Checks that the attempt works outside the sandbox, and that the zygote's restrictions alone
/// refuse it if the kernel has this version of Landlock.
fn landlock_refuses(since: usize, error: Errno, attempt: impl Fn() -> c_int) {
    assert_eq!(in_child(&attempt), WORKED);
    // The flag requests the version.
    let version = value_of(libc::SYS_landlock_create_ruleset, [0, 0, 1]).unwrap_or(0);
    let prepared = lock_zygote().unwrap();
    // A removed root directory has no links.
    let nothing_to_see = fs::metadata("/").unwrap().nlink() == 0;
    let missing = version == 0 && !nothing_to_see;
    assert_eq!(prepared.missing().contains(&Lock::Landlock), missing);
    if version >= since {
        let end = in_child(&attempt);
        let not_found = nothing_to_see && end == refused(Errno::NOENT);
        assert!(end == refused(error) || not_found, "{end:?}");
    }
}

promises! {
    no_file_can_be_opened: landlock_refuses(1, Errno::ACCESS, || {
        value_of(libc::SYS_openat, [int(libc::AT_FDCWD), address(c"/"), 0]).err().unwrap_or(0)
    });
    no_program_can_be_run: landlock_refuses(1, Errno::ACCESS, || {
        let name = [address(c"true"), 0];
        call(libc::SYS_execve, [address(c"/bin/true"), address(&name), address(&0_usize)])
    });
    no_file_can_be_created: {
        let name = format!("faas-sandbox-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        landlock_refuses(1, Errno::ACCESS, || {
            let made = File::create_new(&path).and_then(|_| std::fs::remove_file(&path));
            made.err().and_then(|error| error.raw_os_error()).unwrap_or(0)
        });
    };
    no_tcp_connection_can_be_made: {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        landlock_refuses(4, Errno::ACCESS, || {
            let connected = TcpStream::connect(there);
            connected.err().and_then(|error| error.raw_os_error()).unwrap_or(0)
        });
    };
    no_datagram_leaves_a_process_that_was_root: {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let there = socket.local_addr().unwrap();
        let send = || {
            let sent = UdpSocket::bind("0.0.0.0:0").and_then(|from| from.send_to(b"a", there));
            sent.err().and_then(|error| error.raw_os_error()).unwrap_or(0)
        };
        let may_leave = in_child(|| call(libc::SYS_unshare, [int(libc::CLONE_NEWNET)])) == WORKED;
        assert_eq!(in_child(send), WORKED);
        lock_zygote().unwrap();
        assert_eq!(in_child(send), if may_leave { refused(Errno::NETUNREACH) } else { WORKED });
    };
    no_signal_reaches_other_processes: {
        // The process that started this one is outside the sandbox.
        let other = value_of(libc::SYS_getppid, []).unwrap();
        landlock_refuses(6, Errno::PERM, || call(libc::SYS_kill, [other, 0]));
    };
    no_descriptor_can_be_duplicated: ends_with(refused(Errno::MFILE), || call(libc::SYS_dup, [0]));
    no_socket_can_be_created: ends_with(refused(Errno::MFILE), || {
        let (family, kind) = (int(libc::AF_UNIX), int(libc::SOCK_STREAM));
        call(libc::SYS_socket, [family, kind, 0])
    });
    no_pipe_can_be_created: ends_with(refused(Errno::MFILE), || call(libc::SYS_pipe2, [buffer(), 0]));
    no_memory_can_be_locked: ends_with(refused(Errno::PERM), || {
        let page = buffer();
        call(libc::SYS_mlock, [page, 8])
    });
    no_child_can_be_forked: {
        let attempt = || forked_by(libc::SYS_clone, [int(libc::SIGCHLD)]);
        assert_eq!(in_child(attempt), WORKED);
        let prepared = sandbox_without_filter();
        // The limit does not apply to a process that could not drop root.
        if !prepared.missing().contains(&Lock::Privileges) {
            assert_eq!(in_sandboxed_child(&prepared, |_| attempt()), refused(Errno::AGAIN));
        }
    };
    no_file_can_grow: {
        let path = std::env::temp_dir().join(format!("faas-sandbox-{}", std::process::id()));
        let file = File::create_new(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let write = |mut file: File| {
            c_int::from(file.write_all(b"a").is_err())
        };
        assert_eq!(in_child(|| write(file.try_clone().unwrap())), WORKED);
        let prepared = sandbox_without_filter();
        let end = in_child(|| {
            // The child receives a file in place of a pipe.
            let (_host, mut ends) = channel::open().unwrap();
            ends.answers = OwnedFd::from(file.try_clone().unwrap()).into();
            let ends = prepared.lock_child(ends).unwrap().ends;
            write(OwnedFd::from(ends.answers).into())
        });
        assert_eq!(end, End::Killed(libc::SIGXFSZ));
    };
    no_limit_can_be_raised: {
        let prepared = sandbox_without_filter();
        let end = in_sandboxed_child(&prepared, |_| {
            let limit = [2_u64, 2];
            call(libc::SYS_prlimit64, [0, libc::RLIMIT_NOFILE as usize, address(&limit), 0])
        });
        assert_eq!(end, refused(Errno::PERM));
    };
    no_core_is_dumped: {
        lock_zygote().unwrap();
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    };
}
