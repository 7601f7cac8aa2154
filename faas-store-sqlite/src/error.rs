//! Maps SQLite's errors to those of the store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use faas_core::error::{BoxError, StoreError};
use rusqlite::ErrorCode;

/// An error of SQLite, or of a row that was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A row that cannot be read.
    #[error("unreadable {what} in a row of {table}")]
    Row {
        table: &'static str,
        what: &'static str,
    },
    /// A refused write. The database has not failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A message that replaces a less helpful error of the database.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Message(pub(crate) String);

/// An error of SQLite that is the cause of several failures.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<rusqlite::Error>);

impl Shared {
    pub(crate) fn unavailable(&self) -> StoreError {
        StoreError::Unavailable(Box::new(self.clone()))
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// An error on opening, with the name of the file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub(crate) struct AtPath {
    pub(crate) path: PathBuf,
    pub(crate) source: BoxError,
}

impl Error {
    pub(crate) const fn row(table: &'static str, what: &'static str) -> Self {
        Self::Row { table, what }
    }

    /// The error, for sharing, if another process holds a lock on the file.
    pub(crate) fn into_lock(self) -> Result<Shared, Self> {
        match self {
            Self::Sqlite(error) if is_lock(&error) => Ok(Shared(Arc::new(error))),
            other => Err(other),
        }
    }
}

fn is_lock(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            Error::Row { .. } => Self::Unusable(Box::new(error)),
            Error::Sqlite(error) if may_pass(&error) => Self::Unavailable(Box::new(error)),
            Error::Sqlite(error) => Self::Unusable(Box::new(error)),
        }
    }
}

/// Whether the same statement may succeed later.
fn may_pass(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

pub(crate) fn unusable(message: String) -> StoreError {
    StoreError::Unusable(Box::new(Message(message)))
}

pub(crate) fn unavailable(message: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Message(message.into())))
}

/// After [`faas_core::store::Store::close`], or when the writer is gone.
pub(crate) fn closed() -> StoreError {
    let source: BoxError = Box::new(Message("the store is closed".to_owned()));
    StoreError::Unavailable(source)
}
