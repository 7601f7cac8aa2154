//! The locks that the zygote puts on itself, and that all it forks inherit.

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

/// Who owns nothing: `nobody` on most systems, and no one at all on the others.
const NOBODY: u32 = 65534;

/// The newest Landlock whose every right is to be taken away. An older kernel takes what it knows.
const LANDLOCK: ABI = ABI::V10;

/// Where a directory can be made for a moment. The first is nobody's but root's.
const PLACES: [&str; 3] = ["/run", "/dev/shm", "/tmp"];

/// A zygote that is locked, and what its children need to be.
#[derive(Debug)]
pub(in crate::runtime::process) struct Prepared {
    /// The system calls of a child, compiled once.
    pub(super) filter: Filter,
    /// What a child looks for when it asks whether its parent is still there.
    pub(super) zygote: Pid,
    /// `/proc/self/statm`, opened while files could be. Never dropped: in a child it is closed
    /// without this knowing.
    pub(super) statm: ManuallyDrop<File>,
    /// In bytes; what `statm` counts.
    pub(super) page: u64,
    missing: Vec<Lock>,
}

impl Prepared {
    /// What this system does not offer and users' code can do without; none of it is essential.
    pub(in crate::runtime::process) fn missing(&self) -> &[Lock] {
        &self.missing
    }
}

/// Locks the calling process, and all that it will fork, in for good. It has one thread, and as
/// good as no environment; what it needs of the file system it has read. Its descriptors stay.
///
/// # Errors
/// An essential lock that this system does not offer. The process may be half locked then, and
/// should end.
pub(in crate::runtime::process) fn lock_zygote() -> Result<Prepared, LockError> {
    read_time_zone();
    // First, since it needs `/proc` and this process to be the user's still.
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
    // What a child has in memory is not its siblings' to read.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(LockError::of(Lock::Privileges))?;
    set_no_new_privs(true).map_err(LockError::of(Lock::NoNewPrivileges))?;
    // Root could leave the directory that it is in.
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

/// A limit of nothing, that cannot be raised again.
pub(super) const fn none() -> Rlimit {
    at_most(0)
}

/// A limit that cannot be raised again.
pub(super) const fn at_most(limit: u64) -> Rlimit {
    Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    }
}

/// Makes libc read the time zone, from a file, which `Date` would have it do later.
#[expect(unsafe_code, reason = "std has no local time")]
fn read_time_zone() {
    let time = 0;
    let mut local = MaybeUninit::uninit();
    // SAFETY: both pointers are valid for the call, and nothing reads what it writes.
    let local = unsafe { libc::localtime_r(ptr::from_ref(&time), local.as_mut_ptr()) };
    debug_assert!(!local.is_null(), "the epoch can be told in any zone");
}

/// Leaves for a network and for message queues that nobody else is in. Only root may, and it is a
/// second door behind a locked one, so that it does not matter to whom it is refused.
#[expect(unsafe_code, reason = "the call can do what is not memory-safe")]
fn leave_networks() {
    // SAFETY: unsafe is to stop sharing descriptors, and these flags do not do that.
    let _ = unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWIPC) };
}

/// Makes a directory that is no more the root of all that the process can name: nothing is in it, and
/// nothing can be made in it. Only root may; a second door, too, where there is Landlock.
///
/// # Errors
/// It may not, or nowhere is room. The root is then what it was.
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

/// Becomes nobody, without groups or capabilities, if it is root; loses stray capabilities if not.
fn drop_privileges() -> Result<(), rustix::io::Errno> {
    let became_nobody = if geteuid().is_root() {
        // What cannot be dropped is not used either: no program is ever started.
        // They are numbered, and a later kernel may know more of them than this does.
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

/// Takes away all that Landlock can. `false`: this kernel has none.
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
