//! Who may do what, and who did what: API keys, their roles, and the entries of the audit log.

use std::fmt;
use std::sync::Arc;

use super::{AuditId, KeyId, Timestamp};

/// What a key lets its holder do.
///
/// `invoker` is not above `reader`: a key that sits in a program which calls functions must not give
/// away their code or other people's inputs. `developer` includes both, `admin` all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads everything but keys and audit log: functions with their code, executions, metrics,
    /// costs, live events.
    Reader,
    /// Calls functions, and reads single executions by their ids.
    Invoker,
    /// Does everything with functions, executions and load tests.
    Developer,
    /// Does everything: keys and the audit log too.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Invoker, Self::Developer, Self::Admin];

    /// `reader`, `invoker`, `developer` or `admin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Invoker => "invoker",
            Self::Developer => "developer",
            Self::Admin => "admin",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An API key as it is stored: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id. Ids sort by time. It is no secret: it is part of the key's text.
    pub id: KeyId,
    /// What people call it; unique among keys that are not revoked.
    pub name: Arc<str>,
    /// What it allows.
    pub role: Role,
    /// What its secret is compared with.
    pub hash: KeyHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When somebody came with it last, to the minute; `None`: never.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether its time is over at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// SHA-256 of a key's secret.
///
/// A password hash, which is slow on purpose, would protect secrets that can be guessed. These are
/// 256 random bits: nobody finds them by trying, however fast a try is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash")
    }
}

/// Who does something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who needed no key: while there is none, on the command line, or from within the
    /// host.
    #[default]
    Local,
    /// The holder of a key.
    Key {
        /// Its id.
        id: KeyId,
        /// Its name.
        name: Arc<str>,
    },
}

impl Actor {
    /// The key's name, or `local`.
    pub fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Key { name, .. } => name,
        }
    }

    /// The key's id.
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::Local => None,
            Self::Key { id, .. } => Some(*id),
        }
    }
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)+) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum AuditAction {
            $($(#[doc = $doc])* $name,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As it is written: `function_created`.
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
    /// An execution was cancelled.
    ExecutionCancelled = "execution_cancelled",
    /// A failed execution was accepted again.
    ExecutionRetried = "execution_retried",
    /// A load test was started.
    LoadTestStarted = "load_test_started",
    /// A load test was stopped.
    LoadTestStopped = "load_test_stopped",
    /// An API key was made.
    KeyCreated = "key_created",
    /// An API key was revoked.
    KeyRevoked = "key_revoked",
}

impl AuditAction {
    /// The action that is written so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == name)
    }
}

/// That somebody changed something. It holds neither code nor secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id. Ids sort by time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// To what: the id of the function, execution, load test or key.
    pub target: String,
}
