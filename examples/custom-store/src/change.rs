//! What a line of the journal says: which format it is, or one change that was asked for.
//!
//! A line tells what was asked, not what became of it. Asking a store that holds the same for the
//! same gives the same answer, so replaying the lines in their order makes the same store again;
//! what was refused is refused again. That holds as long as nothing but the lines decides an answer:
//! neither a clock, nor chance, nor a setting that is not in the file.

use std::sync::Arc;

use faas_core::error::StoreError;
use faas_core::model::LoadTest;
use faas_core::model::{
    ApiKey, AuditEntry, Function, FunctionId, KeyId, Schedule, ScheduleId, Timestamp,
};
use faas_core::store::memory::DEFAULT_CAPACITY;
use faas_core::store::{
    AccessStore, KeyUse, MemoryStore, ScheduleStore, SecretStore, Store, Write, Written,
};
use serde::{Deserialize, Serialize};

use crate::records::{ApiKeyDef, AuditEntryDef, FunctionDef, text, writes};

/// The format that this release writes.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    format: u32,
    /// How many ended executions are kept in memory. It is in the file because it decides answers:
    /// with another one, a key that was forgotten then would be known now, and an execution that was
    /// accepted would be refused as its duplicate.
    capacity: usize,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            format: FORMAT,
            capacity: DEFAULT_CAPACITY,
        }
    }
}

impl Header {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice::<Self>(line) {
            Ok(header) if header.format == FORMAT => Ok(header),
            Ok(header) => Err(format!(
                "format {} is of a newer release: this one knows {FORMAT}",
                header.format
            )),
            Err(error) => Err(format!("this is no journal: {error}")),
        }
    }

    pub(crate) fn to_line(&self) -> Result<Vec<u8>, StoreError> {
        line(self)
    }

    pub(crate) fn memory(&self) -> MemoryStore {
        MemoryStore::with_capacity(self.capacity)
    }
}

/// Any other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    InsertFunction(#[serde(with = "FunctionDef")] Function),
    UpdateFunction {
        #[serde(with = "FunctionDef")]
        function: Function,
        expected: Timestamp,
    },
    ReplaceEnvironment {
        #[serde(with = "FunctionDef")]
        function: Function,
        expected: Timestamp,
    },
    DeleteFunction {
        #[serde(with = "text")]
        id: FunctionId,
        at: Timestamp,
    },
    /// A whole group: it is on one line, so it is there or it is not.
    Commit(#[serde(with = "writes")] Vec<Write>),
    PutLoadTest(#[serde(with = "text")] Box<LoadTest>),
    InsertSchedule(#[serde(with = "text")] Arc<Schedule>),
    ReplaceSchedule(#[serde(with = "text")] Arc<Schedule>),
    DeleteSchedule(#[serde(with = "text")] ScheduleId),
    Expire {
        before: Timestamp,
        limit: usize,
    },
    InsertKey(#[serde(with = "ApiKeyDef")] ApiKey),
    RevokeKey {
        #[serde(with = "text")]
        id: KeyId,
        at: Timestamp,
    },
    UseKey {
        #[serde(with = "text")]
        id: KeyId,
        at: Timestamp,
    },
    AppendAudit(#[serde(with = "AuditEntryDef")] AuditEntry),
    ExpireAudit {
        before: Timestamp,
        limit: usize,
    },
}

/// What a change answers. Each kind of change fills in its part.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Of a commit.
    pub(crate) written: Vec<Written>,
    /// How many were deleted or have expired.
    pub(crate) count: usize,
}

impl Change {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|error| error.to_string())
    }

    pub(crate) fn to_line(&self) -> Result<Vec<u8>, StoreError> {
        line(self)
    }

    /// Makes the change in memory: the same way when it is asked for and when it is replayed.
    pub(crate) async fn apply(&self, memory: &MemoryStore) -> Result<Answer, StoreError> {
        let mut answer = Answer::default();
        match self {
            Self::InsertFunction(function) => memory.insert_function(function).await?,
            Self::UpdateFunction { function, expected } => {
                memory.update_function(function, *expected).await?;
            }
            Self::ReplaceEnvironment { function, expected } => {
                memory.replace_environment(function, *expected).await?;
            }
            Self::DeleteFunction { id, at } => {
                answer.count = usize::from(memory.delete_function(*id, *at).await?);
            }
            Self::Commit(writes) => answer.written = memory.commit(writes).await?,
            Self::PutLoadTest(test) => memory.put_load_test(test).await?,
            Self::InsertSchedule(schedule) => memory.insert_schedule(schedule).await?,
            Self::ReplaceSchedule(schedule) => memory.replace_schedule(schedule).await?,
            Self::DeleteSchedule(id) => {
                answer.count = usize::from(memory.delete_schedule(*id).await?);
            }
            Self::Expire { before, limit } => answer.count = memory.expire(*before, *limit).await?,
            Self::InsertKey(key) => memory.insert_key(key).await?,
            Self::RevokeKey { id, at } => {
                answer.count = usize::from(memory.revoke_key(*id, *at).await?);
            }
            Self::UseKey { id, at } => {
                let used = KeyUse { id: *id, at: *at };
                memory.note_key_uses(&[used]).await?;
            }
            Self::AppendAudit(entry) => memory.append_audit(entry).await?,
            Self::ExpireAudit { before, limit } => {
                answer.count = memory.expire_audit(*before, *limit).await?;
            }
        }
        Ok(answer)
    }
}

/// A line without its end. JSON has no line breaks but where a text is made pretty.
fn line(of: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(of).map_err(|error| StoreError::Unusable(error.into()))
}
