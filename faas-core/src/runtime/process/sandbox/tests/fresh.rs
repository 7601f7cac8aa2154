//! Processes to try the locks in.

use std::ffi::{c_int, c_long};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

use super::super::{Locked, Prepared};
use crate::runtime::process::channel;

/// Set in the process that a test starts for itself.
const MARK: &str = "FAAS_SANDBOX_TEST";

/// What a child exits with when it panicked: no errno is as high.
const PANICKED: c_int = 255;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself: with 0, or the `errno` of what it tried.
    Returned(c_int),
    /// By this signal.
    Killed(c_int),
}

/// What it tried worked.
pub(super) const WORKED: End = End::Returned(0);

/// Runs `body` in a process of its own: this binary again, with an empty environment, told to run
/// only the test of this name.
pub(in crate::runtime::process) fn in_fresh_process(module: &str, test: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some() {
        // Whatever hangs is a failure too.
        alarm(60);
        return body();
    }
    let path = module.split_once("::").map_or(module, |(_, path)| path);
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(format!("{path}::{test}"))
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .env_clear()
        .env(MARK, "1")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{}: {told}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Forks; the child does `run` and ends with what it returns.
pub(super) fn in_child(run: impl FnOnce() -> c_int) -> End {
    wait_for(fork(run))
}

/// Forks a child that locks itself in before it does `run`.
pub(super) fn in_locked_child(prepared: &Prepared, run: impl FnOnce(Locked) -> c_int) -> End {
    let (_host, ends) = channel::open().unwrap();
    in_child(|| run(prepared.lock_child(ends).unwrap()))
}

/// Forks and returns the child's number at once.
#[expect(unsafe_code, reason = "forks")]
pub(super) fn fork(run: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: this process has no thread that does anything but wait for this one, so that the
    // child may do what it likes. It ends without running what the parent registered for its end.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(catch_unwind(AssertUnwindSafe(run)).unwrap_or(PANICKED)),
            child => {
                assert!(child > 0, "{}", io::Error::last_os_error());
                child
            }
        }
    }
}

/// Waits for a child's end.
#[expect(unsafe_code, reason = "a call into libc")]
pub(super) fn wait_for(child: c_int) -> End {
    let mut status = 0;
    // SAFETY: the pointer is valid for the call.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child, "{}", io::Error::last_os_error());
    if libc::WIFSIGNALED(status) {
        End::Killed(libc::WTERMSIG(status))
    } else {
        End::Returned(libc::WEXITSTATUS(status))
    }
}

/// Makes the system call: 0, or what is wrong.
pub(super) fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> c_int {
    match value_of(number, arguments) {
        Ok(_) => 0,
        Err(error) => error,
    }
}

/// Makes the system call: what it returned, or the `errno`.
#[expect(unsafe_code, reason = "any call into the kernel that a test wants")]
pub(super) fn value_of<const N: usize>(
    number: c_long,
    arguments: [usize; N],
) -> Result<usize, c_int> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    let [a, b, c, d, e, f] = all;
    // SAFETY: the tests pass pointers to what lives longer than the call and is large enough for
    // it, and unmap nothing that is in use.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => Err(io::Error::last_os_error()
            .raw_os_error()
            .unwrap_or(PANICKED)),
        value => Ok(usize::try_from(value).unwrap()),
    }
}

/// Makes a system call that forks, and has the child end well.
pub(super) fn forked_by<const N: usize>(number: libc::c_long, arguments: [usize; N]) -> c_int {
    match value_of(number, arguments) {
        Ok(0) => {
            call(libc::SYS_exit_group, [0]);
            1
        }
        Ok(child) => c_int::from(wait_for(child as c_int) != WORKED),
        Err(refused) => refused,
    }
}

/// An argument of 32 bits, with its sign.
pub(super) fn int(value: c_int) -> usize {
    value as isize as usize
}

/// The address of a thing, as an argument.
pub(super) fn address<T: ?Sized>(thing: &T) -> usize {
    std::ptr::from_ref(thing).cast::<u8>().expose_provenance()
}

/// The address of zeros that the kernel may write over.
pub(super) fn buffer() -> usize {
    std::ptr::from_mut(Box::leak(Box::new([0_u64; 64]))).expose_provenance()
}

#[expect(unsafe_code, reason = "a call into libc")]
fn alarm(seconds: u32) {
    // SAFETY: it takes a number, and its signal has no handler.
    unsafe { libc::alarm(seconds) };
}
