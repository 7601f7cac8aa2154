//! How a database is opened.

use std::path::Path;
use std::time::Duration;

use faas_core::error::StoreError;

use crate::SqliteStore;

/// What a commit has to survive before it is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The end of the process, however it comes. Losing power may lose the last commits, never
    /// the database.
    #[default]
    Commit,
    /// Losing power too: each commit waits for the disk.
    Full,
}

/// How to open a database. The default is what the platform was measured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    pub(crate) durability: Durability,
    pub(crate) readers: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_bytes: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Commit,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
        }
    }
}

impl SqliteOptions {
    /// What a commit has to survive; [`Durability::Commit`] unless set.
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many queries may read at the same time, at least one; 4 unless set. Further ones wait.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// How long to wait for somebody else's lock on the file before a call is
    /// [`StoreError::Unavailable`]; 5 s unless set.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How large the database may grow, in bytes, without its write-ahead log. At the limit, writes
    /// are [`StoreError::Unavailable`] until old executions expire. No limit unless set.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens the database at `path`; makes it, and the folders above it, where there is none.
    ///
    /// # Errors
    /// [`StoreError::Unusable`], with one line for people, when the file is no database, was
    /// written by a newer release, is used by another process or must not be written to.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path.as_ref().to_owned(), self).await
    }
}
