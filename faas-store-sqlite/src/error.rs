//! What SQLite's errors mean to whoever called the store.

use faas_core::error::{BoxError, StoreError};
use rusqlite::ErrorCode;

/// A failure that is SQLite's, or of what was read from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A row that this release did not write.
    #[error("unreadable {what} in a row of {table}")]
    Row {
        table: &'static str,
        what: &'static str,
    },
    /// An answer that is no failure of the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One line for people, in place of a database error that says less.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Message(pub(crate) String);

impl Error {
    pub(crate) const fn row(table: &'static str, what: &'static str) -> Self {
        Self::Row { table, what }
    }

    /// Whether somebody else's lock was in the way.
    pub(crate) fn is_lock(&self) -> bool {
        let Self::Sqlite(error) = self else {
            return false;
        };
        let code = error.sqlite_error_code();
        matches!(
            code,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }
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
