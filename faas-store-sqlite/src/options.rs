//! Options for opening a database.

use std::path::Path;
use std::time::Duration;

use faas_core::error::StoreError;

use crate::SqliteStore;

/// The failures that a commit survives once it is acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Any end of the process. A power failure may lose the last commits but does not corrupt the
    /// database.
    #[default]
    Commit,
    /// A power failure too: each commit waits for the disk.
    Full,
}

/// Options for opening a database. The platform was measured with the defaults.
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
    /// Sets the failures that a commit survives. Default: [`Durability::Commit`].
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the number of queries that can read at the same time, at least one; further queries wait.
    /// Default: 4.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets how long a call waits for another process's lock on the file before it fails with
    /// [`StoreError::Unavailable`]. Default: 5 s.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Sets the maximum size of the database in bytes, without its write-ahead log. At the limit,
    /// writes fail with [`StoreError::Unavailable`] until old executions expire. Default: no limit.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Opens the database at `path`. Creates it and the folders above it if they do not exist.
    ///
    /// # Errors
    /// [`StoreError::Unusable`], with a message of one line, if the file is not a database, was
    /// written by a newer release, is used by another process or is read-only.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path.as_ref().to_owned(), self).await
    }
}
