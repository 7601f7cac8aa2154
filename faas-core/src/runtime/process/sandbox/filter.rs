//! The system calls that a child may make.

use std::collections::BTreeMap;
use std::ffi::c_long;
use std::io;

use rustix::process::Pid;
use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::{Eq, Le, MaskedEq};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter, sock_filter,
};

/// Placeholder for the process id in the filter program, which is compiled before the process
/// exists. Process ids end at 2^22, so it is not a real one.
const THIS_PROCESS: u32 = 0x7fff_fff1;

/// The compiled filter.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    program: BpfProgram,
}

impl Filter {
    /// Compiles the filter.
    pub(super) fn new() -> io::Result<Self> {
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
        let conditional = conditional().map_err(io::Error::other)?;
        let highest = FREE.iter().chain(conditional.keys()).max().copied();
        let (otherwise, listed) = (SeccompAction::KillProcess, SeccompAction::Allow);
        let program = SeccompFilter::new(conditional, otherwise, listed, arch)
            .and_then(BpfProgram::try_from)
            .map_err(io::Error::other)?;
        let program = with_free_calls(program, highest.unwrap_or(0))
            .ok_or_else(|| io::Error::other("the compiled filter has an unknown form"))?;
        Ok(Self { program })
    }

    /// Permits every call. For tests of the other restrictions.
    #[cfg(test)]
    pub(super) fn of_everything() -> Self {
        Self {
            program: vec![instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0)],
        }
    }

    /// Applies the filter to the calling process, whose id is `process`. A call that is not
    /// permitted then kills it.
    pub(super) fn apply(&self, process: Pid) -> io::Result<()> {
        let mut program = self.program.clone();
        for instruction in &mut program {
            if instruction.k == THIS_PROCESS {
                instruction.k = process.as_raw_nonzero().get().unsigned_abs();
            }
        }
        apply_filter(&program).map_err(io::Error::other)
    }
}

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const JUMP: u32 = libc::BPF_JMP | libc::BPF_JA;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_GREATER: u32 = libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Inserts the unconditional calls before the program of the conditional ones. Each needs one
/// instruction instead of seccompiler's five. Before them, all calls above `highest` are refused.
/// Each child loads the program; the kernel then compiles it and runs it once per existing system
/// call, which takes longer than all other restrictions together.
fn with_free_calls(mut program: BpfProgram, highest: c_long) -> Option<BpfProgram> {
    // seccompiler starts with the check of the architecture, then loads the call's number, at 0.
    let start = program
        .iter()
        .position(|step| u32::from(step.code) == LOAD && step.k == 0)?;
    let others = program.split_off(start + 1);
    program.push(instruction(IF_GREATER, u32::try_from(highest).ok()?, 0, 1));
    program.push(instruction(RETURN, libc::SECCOMP_RET_KILL_PROCESS, 0, 0));
    for (call, to_allow) in FREE.iter().zip((1..=FREE.len()).rev()) {
        let (call, to_allow) = (u32::try_from(*call).ok()?, u8::try_from(to_allow).ok()?);
        program.push(instruction(IF_EQUAL, call, to_allow, 0));
    }
    program.push(instruction(JUMP, 1, 0, 0));
    program.push(instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0));
    program.extend(others);
    Some(program)
}

/// `jump_if` and `jump_if_not` are the numbers of instructions to skip.
const fn instruction(code: u32, value: u32, jump_if: u8, jump_if_not: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: jump_if,
        jf: jump_if_not,
        k: value,
    }
}

/// Checks that the kernel supports filters that kill the process.
#[expect(unsafe_code, reason = "a call into libc")]
pub(super) fn probe() -> io::Result<()> {
    let action = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: the kernel reads one action through the pointer, which is valid for the call.
    let offered = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        )
    };
    match offered {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Calls that affect only the process itself and its two pipes.
const FREE: &[c_long] = &[
    // The pipes. The descriptor need not be checked: there are no others.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    // Memory.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time and random numbers. A sleep is restarted when the process was stopped and continued.
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_sched_yield,
    // Process ids, for libc's abort.
    libc::SYS_getpid,
    libc::SYS_gettid,
    // The process's own signals, for abort and std's report of a stack overflow.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Exit.
    libc::SYS_exit,
    libc::SYS_exit_group,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// Calls that are permitted if one of their rules matches.
fn conditional() -> Result<BTreeMap<c_long, Vec<SeccompRule>>, BackendError> {
    let mut rules = BTreeMap::new();
    let no_code = (2, Dword, MaskedEq(bits(libc::PROT_EXEC)), 0);
    // Anonymous memory only, and not executable.
    let anonymous = bits(libc::MAP_ANONYMOUS);
    rules.insert(
        libc::SYS_mmap,
        vec![rule([
            no_code.clone(),
            (3, Dword, MaskedEq(anonymous), anonymous),
        ])?],
    );
    rules.insert(libc::SYS_mprotect, vec![rule([no_code])?]);
    // The clocks of the system. The CPU clocks of other processes have negative numbers.
    let clocks = [(0, Dword, Le, bits(libc::CLOCK_TAI))];
    rules.insert(libc::SYS_clock_gettime, vec![rule(clocks.clone())?]);
    rules.insert(libc::SYS_clock_getres, vec![rule(clocks)?]);
    // Waiting and waking only. Other futex operations have had kernel vulnerabilities.
    let flags = !bits(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME) & u64::from(u32::MAX);
    let waiting = [
        libc::FUTEX_WAIT,
        libc::FUTEX_WAKE,
        libc::FUTEX_WAIT_BITSET,
        libc::FUTEX_WAKE_BITSET,
    ];
    let waiting = waiting.map(|call| rule([(1, Dword, MaskedEq(flags), bits(call))]));
    rules.insert(
        libc::SYS_futex,
        waiting.into_iter().collect::<Result<_, _>>()?,
    );
    // std checks in debug builds that a descriptor is open before closing it.
    let is_open = (1, Dword, Eq, bits(libc::F_GETFD));
    rules.insert(libc::SYS_fcntl, vec![rule([is_open])?]);
    // The process's own address space, which `limit_growth` can only lower.
    let itself = (0, Dword, Eq, 0);
    let address_space = (1, Dword, Eq, u64::from(libc::RLIMIT_AS));
    rules.insert(libc::SYS_prlimit64, vec![rule([itself, address_space])?]);
    // An abort sends the process a signal.
    let to_itself = (0, Dword, Eq, u64::from(THIS_PROCESS));
    let abort = (2, Dword, Eq, bits(libc::SIGABRT));
    rules.insert(libc::SYS_tgkill, vec![rule([to_itself, abort])?]);
    Ok(rules)
}

/// An argument's position, and the condition on it.
type Condition = (u8, SeccompCmpArgLen, SeccompCmpOp, u64);

/// A rule whose conditions must all hold.
fn rule<const N: usize>(conditions: [Condition; N]) -> Result<SeccompRule, BackendError> {
    let conditions = conditions
        .into_iter()
        .map(|(position, length, comparison, value)| {
            SeccompCondition::new(position, length, comparison, value)
        })
        .collect::<Result<_, _>>()?;
    SeccompRule::new(conditions)
}

/// A C flag or number as the kernel sees it in a 32-bit argument.
fn bits(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}
