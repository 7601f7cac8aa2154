//! Tests of the seccomp filter.

use std::ffi::c_int;
use std::net::{TcpListener, UdpSocket};

use super::super::lock_zygote;
use super::fresh::{
    End, WORKED, address, buffer, call, fork, forked_by, in_child, in_fresh_process,
    in_sandboxed_child, int, value_of, wait_for,
};

/// Checks that the attempt works outside the sandbox and kills a sandboxed child at once.
fn is_killed_for(attempt: fn() -> c_int) {
    is_killed_for_unlike(attempt, attempt);
}

/// Like [`is_killed_for`], for an attempt that must be written differently outside the sandbox.
fn is_killed_for_unlike(unlocked: fn() -> c_int, attempt: fn() -> c_int) {
    assert_eq!(in_child(unlocked), WORKED);
    let prepared = lock_zygote().unwrap();
    assert_eq!(in_sandboxed_child(&prepared, |_| 0), WORKED);
    assert_eq!(
        in_sandboxed_child(&prepared, |_| attempt()),
        End::Killed(libc::SIGSYS)
    );
}

macro_rules! a_sandboxed_child_is_killed_for {
    ($($attempt:ident: $unlocked:expr $(=> $locked:expr)?;)*) => {
        mod a_sandboxed_child_is_killed_for {
            use super::*;
            $(
                #[test]
                fn $attempt() {
                    in_fresh_process(module_path!(), stringify!($attempt), || {
                        a_sandboxed_child_is_killed_for!(@ $unlocked $(, $locked)?);
                    });
                }
            )*
        }
    };
    (@ $attempt:expr) => { is_killed_for($attempt) };
    (@ $unlocked:expr, $locked:expr) => { is_killed_for_unlike($unlocked, $locked) };
}

const ROOT: &std::ffi::CStr = c"/";
const HERE: c_int = libc::AT_FDCWD;
const PAGE: usize = 4096;

a_sandboxed_child_is_killed_for! {
    opening_a_file: || call(libc::SYS_openat, [int(HERE), address(ROOT), 0]);
    opening_a_file_with_openat2: || {
        let how = [0_u64; 3];
        call(libc::SYS_openat2, [int(HERE), address(ROOT), address(&how), 24])
    };
    creating_a_file: || {
        let path = format!("/tmp/faas-sandbox-test-{}\0", std::process::id());
        let flags = libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY;
        match call(libc::SYS_openat, [int(HERE), address(path.as_str()), int(flags), 0o600]) {
            0 => call(libc::SYS_unlinkat, [int(HERE), address(path.as_str()), 0]),
            refused => refused,
        }
    };
    creating_a_memory_file: || call(libc::SYS_memfd_create, [address(c"a"), 0]);
    reading_a_files_metadata: || {
        call(libc::SYS_newfstatat, [int(HERE), address(ROOT), buffer(), 0])
    };
    changing_the_directory: || call(libc::SYS_chdir, [address(ROOT)]);
    creating_a_socket: || call(libc::SYS_socket, [int(libc::AF_INET), int(libc::SOCK_STREAM), 0]);
    creating_a_socket_pair: || {
        call(libc::SYS_socketpair, [int(libc::AF_UNIX), int(libc::SOCK_STREAM), 0, buffer()])
    };
    connecting: connect => connect_descriptor_0;
    sending_to_an_address: send_to => || {
        let (datagram, address_of) = (0_u8, loopback(9));
        call(libc::SYS_sendto, [0, address(&datagram), 1, 0, address(&address_of), 16])
    };
    receiving_a_descriptor: || 0 => || {
        call(libc::SYS_recvmsg, [0, buffer(), 0])
    };
    running_a_program: || {
        let name = [address(c"true"), 0];
        call(libc::SYS_execve, [address(c"/bin/true"), address(&name), address(&0_usize)])
    };
    forking: || forked_by(libc::SYS_clone, [int(libc::SIGCHLD)]);
    forking_with_clone3: || {
        let mut arguments = [0_u64; 8];
        arguments[4] = libc::SIGCHLD as u64;
        forked_by(libc::SYS_clone3, [address(&arguments), 64])
    };
    starting_a_thread: || match std::thread::Builder::new().spawn(|| ()) {
        Ok(thread) => thread.join().map_or(1, |()| 0),
        Err(refused) => refused.raw_os_error().unwrap_or(1),
    };
    signalling_its_parent: || call(libc::SYS_kill, [parent(), 0]);
    signalling_itself_with_kill: || call(libc::SYS_kill, [this(), 0]);
    aborting_another_process: || {
        let victim = fork(|| loop { std::thread::park() });
        let sent = call(libc::SYS_tgkill, [int(victim), int(victim), int(libc::SIGABRT)]);
        assert_eq!(wait_for(victim), End::Killed(libc::SIGABRT));
        sent
    } => || {
        // Its own id is the only permitted one; this tries the zygote's.
        let zygote = this() - 1;
        call(libc::SYS_tgkill, [zygote, zygote, int(libc::SIGABRT)])
    };
    sending_itself_another_signal: || call(libc::SYS_tgkill, [this(), this(), 0]);
    signalling_through_a_descriptor: || call(libc::SYS_pidfd_open, [this(), 0]);
    being_traced: || call(libc::SYS_ptrace, [int(libc::PTRACE_TRACEME as c_int), 0, 0, 0]);
    reading_memory_of_a_process: || {
        let from = 7_u64;
        let local = [buffer(), 8];
        let remote = [address(&from), 8];
        call(libc::SYS_process_vm_readv, [this(), address(&local), 1, address(&remote), 1, 0])
    };
    changing_process_attributes: || call(libc::SYS_prctl, [int(libc::PR_GET_DUMPABLE), 0, 0, 0, 0]);
    changing_the_user: || call(libc::SYS_setresuid, [usize::MAX, usize::MAX, usize::MAX]);
    unsharing_a_namespace: || call(libc::SYS_unshare, [0]);
    using_seccomp: || call(libc::SYS_seccomp, [
        libc::SECCOMP_GET_ACTION_AVAIL as usize, 0, address(&libc::SECCOMP_RET_ALLOW),
    ]);
    mapping_executable_memory: || map(libc::PROT_READ | libc::PROT_EXEC, libc::MAP_ANONYMOUS)
        .err().unwrap_or(0);
    making_memory_executable: || match map(libc::PROT_READ, libc::MAP_ANONYMOUS) {
        Ok(page) => call(libc::SYS_mprotect, [page, PAGE, int(libc::PROT_READ | libc::PROT_EXEC)]),
        Err(refused) => refused,
    };
    making_memory_executable_with_pkey_mprotect: || match map(libc::PROT_READ, libc::MAP_ANONYMOUS) {
        Ok(page) => call(libc::SYS_pkey_mprotect, [page, PAGE, int(libc::PROT_EXEC), usize::MAX]),
        Err(refused) => refused,
    };
    mapping_a_file: || {
        match value_of(libc::SYS_memfd_create, [address(c"a"), 0]) {
            Ok(file) => call(libc::SYS_mmap, [0, PAGE, 1, int(libc::MAP_PRIVATE), file, 0]),
            Err(refused) => refused,
        }
    } => || map(libc::PROT_READ, 0).err().unwrap_or(0);
    controlling_a_device: || {
        // Sets close-on-exec.
        call(libc::SYS_ioctl, [0, libc::FIOCLEX as usize])
    };
    duplicating_a_descriptor: || call(libc::SYS_dup, [0]);
    duplicating_a_descriptor_with_fcntl: || call(libc::SYS_fcntl, [0, int(libc::F_DUPFD), 0]);
    creating_a_pipe: || call(libc::SYS_pipe2, [buffer(), 0]);
    changing_other_limits: || {
        call(libc::SYS_prlimit64, [0, libc::RLIMIT_NOFILE as usize, 0, buffer()])
    };
    changing_limits_of_another_process: || {
        call(libc::SYS_prlimit64, [this(), libc::RLIMIT_AS as usize, 0, buffer()])
    };
    acquiring_a_priority_inheritance_lock: || {
        call(libc::SYS_futex, [buffer(), int(libc::FUTEX_LOCK_PI), 0, 0])
    };
    reading_the_cpu_clock_of_another_process: || {
        // The CPU clock of the process itself, by its id.
        let clock = int((!(this() as c_int) << 3) | 2);
        call(libc::SYS_clock_gettime, [clock, buffer()])
    };
    using_io_uring: || 0 => || call(libc::SYS_io_uring_setup, [1, buffer()]);
    using_kernel_keys: || 0 => || call(libc::SYS_keyctl, [0, 0, 0]);
    using_bpf: || 0 => || call(libc::SYS_bpf, [0, 0, 0]);
}

fn this() -> usize {
    value_of(libc::SYS_getpid, []).unwrap()
}

fn parent() -> usize {
    value_of(libc::SYS_getppid, []).unwrap()
}

fn map(protection: c_int, flags: c_int) -> Result<usize, c_int> {
    let flags = int(libc::MAP_PRIVATE | flags);
    value_of(
        libc::SYS_mmap,
        [0, PAGE, int(protection), flags, usize::MAX, 0],
    )
}

/// `sockaddr_in`, loopback.
fn loopback(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

fn connect() -> c_int {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = loopback(listener.local_addr().unwrap().port());
    let (family, kind) = (int(libc::AF_INET), int(libc::SOCK_STREAM));
    let socket = value_of(libc::SYS_socket, [family, kind, 0]).unwrap();
    call(libc::SYS_connect, [socket, address(&there), 16])
}

fn connect_descriptor_0() -> c_int {
    call(libc::SYS_connect, [0, address(&loopback(9)), 16])
}

fn send_to() -> c_int {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let there = loopback(receiver.local_addr().unwrap().port());
    let (family, kind) = (int(libc::AF_INET), int(libc::SOCK_DGRAM));
    let socket = value_of(libc::SYS_socket, [family, kind, 0]).unwrap();
    let datagram = 0_u8;
    call(
        libc::SYS_sendto,
        [socket, address(&datagram), 1, 0, address(&there), 16],
    )
}
