//! The restrictions that the zygote applies to itself, which all its children inherit.

use std::fs::{self, File};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::unix::fs::{DirBuilderExt, chroot};
use std::ptr;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError,
    RulesetStatus, Scope,
};
use rustix::param::page_size;
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, geteuid, getpid, set_dumpable_behavior, setrlimit,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, Gid, Uid, UnshareFlags, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid, unshare_unsafe,
};

use super::filter::{self, Filter};
use super::{Lock, LockError};

/// A user without files: `nobody` on most systems, nonexistent on others.
const NOBODY: u32 = 65534;

/// The newest known Landlock version; all its rights are removed. An older kernel applies what it
/// supports.
const LANDLOCK: ABI = ABI::V10;

/// Folders in which a temporary directory can be made. Only root can write to the first.
const PLACES: [&str; 3] = ["/run", "/dev/shm", "/tmp"];

/// A sandboxed zygote, with what its children need to enter their sandbox.
#[derive(Debug)]
pub(in crate::runtime::process) struct Prepared {
    /// The filter of a child's system calls, compiled once.
    pub(super) filter: Filter,
    /// The zygote's process id, so that a child can check that its parent still lives.
    pub(super) zygote: Pid,
    /// `/proc/self/statm`, opened before files became inaccessible. Never dropped: a child closes
    /// the descriptor by number.
    pub(super) statm: ManuallyDrop<File>,
    /// The page size in bytes, the unit of `statm`.
    pub(super) page: u64,
    missing: Vec<Lock>,
}

impl Prepared {
    /// Returns the restrictions that this system lacks; none of them is essential.
    pub(in crate::runtime::process) fn missing(&self) -> &[Lock] {
        &self.missing
    }
}

/// Moves the calling process and its future children into the sandbox permanently. The process must
/// have one thread, no relevant environment, and must have read all files that it needs. Its
/// descriptors stay open.
///
/// # Errors
/// When this system lacks an essential restriction. The sandbox may then be incomplete, and the
/// process should exit.
pub(in crate::runtime::process) fn lock_zygote() -> Result<Prepared, LockError> {
    read_time_zone();
    // First, because it needs `/proc` and the original user.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let statm = File::open("/proc/self/statm").map_err(LockError::of(Lock::AddressSpace))?;
    let page = page_size() as u64;
    for resource in [Resource::Core, Resource::Memlock] {
        setrlimit(resource, none()).map_err(LockError::of(Lock::Limits))?;
    }
    leave_networks();
    let nothing_to_see = leave_files().is_ok();

    let mut missing = Vec::new();
    let privileges = drop_privileges();
    if privileges.is_err() {
        missing.push(Lock::Privileges);
    }
    // A child must not read its siblings' memory.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(LockError::of(Lock::Privileges))?;
    set_no_new_privs(true).map_err(LockError::of(Lock::NoNewPrivileges))?;
    // Root could leave its working directory.
    if !deny_files().unwrap_or(false) && (privileges.is_err() || !nothing_to_see) {
        missing.push(Lock::Landlock);
    }
    filter::probe().map_err(LockError::of(Lock::Seccomp))?;
    super::child::probe().map_err(LockError::of(Lock::Descriptors))?;
    Ok(Prepared {
        filter: Filter::new().map_err(LockError::of(Lock::Seccomp))?,
        zygote: getpid(),
        statm: ManuallyDrop::new(statm),
        page,
        missing,
    })
}

/// A limit of zero that cannot be raised.
pub(super) const fn none() -> Rlimit {
    at_most(0)
}

/// A limit that cannot be raised.
pub(super) const fn at_most(limit: u64) -> Rlimit {
    Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    }
}

/// Makes libc read the time zone file now, which `Date` would otherwise do later.
#[expect(unsafe_code, reason = "std has no local time")]
fn read_time_zone() {
    let time = 0;
    let mut local = MaybeUninit::uninit();
    // SAFETY: both pointers are valid for the call, and the result is not read.
    let local = unsafe { libc::localtime_r(ptr::from_ref(&time), local.as_mut_ptr()) };
    debug_assert!(!local.is_null(), "the epoch exists in every time zone");
}

/// Enters new, empty network and IPC namespaces. Only root may. This is a second defence, so an
/// error is ignored.
#[expect(unsafe_code, reason = "the call can do what is not memory-safe")]
fn leave_networks() {
    // SAFETY: only unsharing descriptors is unsafe, and these flags do not do that.
    let _ = unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWIPC) };
}

/// Makes a deleted directory the root, so that no path names a file and none can be created. Only
/// root may. Where Landlock exists, this is a second defence.
///
/// # Errors
/// When it is not permitted, or no directory can be made. The root then stays unchanged.
pub(super) fn leave_files() -> io::Result<()> {
    let mut made = Err(io::ErrorKind::NotFound.into());
    for place in PLACES {
        let path = format!("{place}/faas-nothing-{}", getpid().as_raw_pid());
        made = fs::DirBuilder::new().mode(0o700).create(&path);
        if made.is_ok() {
            let entered = std::env::set_current_dir(&path);
            fs::remove_dir(&path)?;
            entered?;
            break;
        }
    }
    made?;
    let left = chroot(".");
    std::env::set_current_dir("/")?;
    left
}

/// Root becomes `nobody`, without groups or capabilities; another user drops its capabilities.
fn drop_privileges() -> Result<(), rustix::io::Errno> {
    let became_nobody = if geteuid().is_root() {
        // A failure is harmless, because no program is ever started. Capabilities are numbered, and
        // a later kernel may have more than this library knows.
        for number in 0..u64::BITS {
            let capability = CapabilitySet::from_bits_retain(1 << number);
            let _ = remove_capability_from_bounding_set(capability);
        }
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        set_thread_groups(&[])
            .and_then(|()| set_thread_res_gid(group, group, group))
            .and_then(|()| set_thread_res_uid(user, user, user))
    } else {
        Ok(())
    };
    let _ = clear_ambient_capability_set();
    let no_capabilities = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, no_capabilities).and(became_nobody)
}

/// Removes all rights that Landlock controls. Returns `false` if the kernel has no Landlock.
fn deny_files() -> Result<bool, RulesetError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
