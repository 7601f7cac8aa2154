//! Helpers that run tests in separate processes.

use std::ffi::{c_int, c_long};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

use super::super::{Locked, Prepared};
use crate::runtime::process::channel;

/// Set in the process that a test starts for itself.
const MARK: &str = "FAAS_SANDBOX_TEST";

/// The exit code of a child that panicked. Every errno is smaller.
const PANICKED: c_int = 255;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It exited with 0, or with the `errno` of its attempt.
    Returned(c_int),
    /// A signal killed it.
    Killed(c_int),
}

/// The attempt worked.
pub(super) const WORKED: End = End::Returned(0);

/// Runs `body` in its own process: this binary, with an empty environment, runs only this test.
pub(in crate::runtime::process) fn in_fresh_process(module: &str, test: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some() {
        // A hang is a failure too.
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
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && output_text.contains("1 passed"),
        "{}: {output_text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Forks a child that runs `run` and exits with its result.
pub(super) fn in_child(run: impl FnOnce() -> c_int) -> End {
    wait_for(fork(run))
}

/// Forks a child that enters its sandbox and then runs `run`.
pub(super) fn in_sandboxed_child(prepared: &Prepared, run: impl FnOnce(Locked) -> c_int) -> End {
    let (_host, ends) = channel::open().unwrap();
    in_child(|| run(prepared.lock_child(ends).unwrap()))
}

/// Forks a child and returns its process id without waiting.
#[expect(unsafe_code, reason = "forks")]
pub(super) fn fork(run: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: all other threads of this process only wait for this one, so the child may do
    // anything. It exits without running the parent's exit handlers.
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

/// Waits for a child to end.
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

/// Makes a system call. Returns 0 or the `errno`.
pub(super) fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> c_int {
    match value_of(number, arguments) {
        Ok(_) => 0,
        Err(error) => error,
    }
}

/// Makes a system call. Returns its value or the `errno`.
#[expect(unsafe_code, reason = "makes arbitrary system calls")]
pub(super) fn value_of<const N: usize>(
    number: c_long,
    arguments: [usize; N],
) -> Result<usize, c_int> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    let [a, b, c, d, e, f] = all;
    // SAFETY: the tests pass pointers that are valid for the call and point to enough memory, and
    // they unmap nothing that is in use.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => Err(io::Error::last_os_error()
            .raw_os_error()
            .unwrap_or(PANICKED)),
        value => Ok(usize::try_from(value).unwrap()),
    }
}

/// Makes a system call that forks. The child exits with 0.
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

/// A signed 32-bit argument.
pub(super) fn int(value: c_int) -> usize {
    value as isize as usize
}

/// The address of a value, as an argument.
pub(super) fn address<T: ?Sized>(thing: &T) -> usize {
    std::ptr::from_ref(thing).cast::<u8>().expose_provenance()
}

/// The address of a zeroed buffer that the kernel may overwrite.
pub(super) fn buffer() -> usize {
    std::ptr::from_mut(Box::leak(Box::new([0_u64; 64]))).expose_provenance()
}

#[expect(unsafe_code, reason = "a call into libc")]
fn alarm(seconds: u32) {
    // SAFETY: the call takes a number, and the signal has no handler.
    unsafe { libc::alarm(seconds) };
}
