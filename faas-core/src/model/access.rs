//! API keys, their roles, and the entries of the audit log.

use std::fmt;
use std::sync::Arc;

use super::{AuditId, KeyId, Timestamp};

/// What a key permits.
///
/// `invoker` does not include `reader`: a key inside a program that calls functions must not reveal
/// their code or other callers' inputs. `developer` includes both, `admin` includes everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads everything except keys and the audit log: functions with their code, executions,
    /// metrics, costs, live events.
    Reader,
    /// Calls functions, and reads single executions by id.
    Invoker,
    /// Does everything with functions, executions and load tests, including what readers and
    /// invokers may do.
    Developer,
    /// Does everything, including keys and the audit log.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Invoker, Self::Developer, Self::Admin];

    /// Returns `reader`, `invoker`, `developer` or `admin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Invoker => "invoker",
            Self::Developer => "developer",
            Self::Admin => "admin",
        }
    }

    /// Returns the role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An API key as it is stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id. Ids sort by time. It is part of the key's text and not secret.
    pub id: KeyId,
    /// The name; unique among keys that are not revoked.
    pub name: Arc<str>,
    /// What the key permits.
    pub role: Role,
    /// The hash of its secret.
    pub hash: KeyHash,
    /// When the key was created.
    pub created_at: Timestamp,
    /// When the key expires; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When the key was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the key was last used, to the minute; `None`: never.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Returns whether the key has expired at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// The SHA-256 hash of a key's secret.
///
/// A slow password hash is not needed: it protects secrets that can be guessed, and these are 256
/// random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash")
    }
}

/// The author of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Actor {
    /// A caller without a key: while no key exists, on the command line, or within the host.
    #[default]
    Local,
    /// A caller with a key.
    Key {
        /// The key's id.
        id: KeyId,
        /// The key's name.
        name: Arc<str>,
    },
}

impl Actor {
    /// Returns the key's name, or `local`.
    pub fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Key { name, .. } => name,
        }
    }

    /// Returns the key's id.
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::Local => None,
            Self::Key { id, .. } => Some(*id),
        }
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)+) => {
        /// A change that the audit log records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum AuditAction {
            $($(#[doc = $doc])* $name,)+
        }

        impl AuditAction {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the action's name, for example `function_created`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

actions! {
    /// A function was uploaded.
    FunctionCreated = "function_created",
    /// A function was changed.
    FunctionUpdated = "function_updated",
    /// A function was deleted.
    FunctionDeleted = "function_deleted",
    /// An alias of a function was set or moved.
    AliasMoved = "alias_moved",
    /// An alias of a function was deleted.
    AliasDeleted = "alias_deleted",
    /// An execution was cancelled.
    ExecutionCancelled = "execution_cancelled",
    /// A failed execution was accepted again.
    ExecutionRetried = "execution_retried",
    /// A schedule was created.
    ScheduleCreated = "schedule_created",
    /// A schedule was changed, paused or resumed.
    ScheduleUpdated = "schedule_updated",
    /// A schedule was deleted.
    ScheduleDeleted = "schedule_deleted",
    /// A schedule was fired by hand.
    ScheduleFired = "schedule_fired",
    /// A load test was started.
    LoadTestStarted = "load_test_started",
    /// A load test was stopped.
    LoadTestStopped = "load_test_stopped",
    /// The value of a key was set.
    KvWritten = "kv_written",
    /// A key was deleted.
    KvDeleted = "kv_deleted",
    /// All keys of a namespace were deleted.
    KvNamespaceDeleted = "kv_namespace_deleted",
    /// An API key was created.
    KeyCreated = "key_created",
    /// An API key was revoked.
    KeyRevoked = "key_revoked",
}

impl AuditAction {
    /// Returns the action with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == name)
    }
}

/// A record of a change. It contains neither code nor secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The id. Ids sort by time.
    pub id: AuditId,
    /// When the change was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// The id of the changed function, execution, load test or key.
    pub target: String,
}
