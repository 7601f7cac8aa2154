//! What the driver's errors mean to whoever called the store.

use faas_core::error::{BoxError, StoreError};
use mongodb::error::{CommandError, Error as DriverError, ErrorKind, WriteFailure};

/// A failure that is the server's, or of what was read from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Without most of the driver's own text, which goes on for pages.
    #[error("{}", in_short(&.0.kind))]
    Driver(#[from] DriverError),
    /// A document that neither this release nor the earlier system wrote.
    #[error("unreadable {what} in a document of {collection}")]
    Document {
        collection: &'static str,
        what: &'static str,
    },
    /// Somebody else changed the same document again and again.
    #[error("too many writers at once: {0}")]
    Contended(&'static str),
    /// An answer that is no failure of the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A failure in one sentence. Where no server was found, that is why the first one was none.
fn in_short(kind: &ErrorKind) -> String {
    let whole = kind.to_string();
    if !matches!(kind, ErrorKind::ServerSelection { .. }) {
        return whole;
    }
    let cause = whole.split_once("Error: Kind: ");
    let cause = cause.and_then(|(_, cause)| cause.split_once(", labels: "));
    match cause {
        Some((cause, _)) => format!("no server can be reached: {cause}"),
        None => "no server can be reached".to_owned(),
    }
}

/// One line for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Message(String);

/// An error at opening, with the database that it is about.
#[derive(Debug, thiserror::Error)]
#[error("{described}: {source}")]
struct At {
    described: String,
    source: BoxError,
}

/// `source`, with the database that it is about.
pub(crate) fn at(described: &str, source: BoxError) -> BoxError {
    let described = described.to_owned();
    Box::new(At { described, source })
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error,
            Error::Contended(_) => Self::Unavailable(Box::new(error)),
            Error::Driver(driver) if may_pass(&driver) => {
                Self::Unavailable(Box::new(Error::Driver(driver)))
            }
            Error::Driver(_) | Error::Document { .. } => Self::Unusable(Box::new(error)),
        }
    }
}

impl Error {
    /// Whether a unique index, or another document's `_id`, was in the way.
    pub(crate) fn is_duplicate(&self) -> bool {
        match self {
            Self::Driver(error) => code(error) == Some(DUPLICATE_KEY),
            _ => false,
        }
    }
}

pub(crate) const DUPLICATE_KEY: i32 = 11_000;
pub(crate) const NAMESPACE_NOT_FOUND: i32 = 26;
pub(crate) const INDEX_NOT_FOUND: i32 = 27;

/// Whether the same call may succeed later.
fn may_pass(error: &DriverError) -> bool {
    /// Of a server that shuts down, elects, is overloaded, or of a write that not enough members
    /// have confirmed in time.
    const PASSING: [i32; 20] = [
        6, 7, 24, 43, 50, 64, 79, 89, 91, 100, 112, 134, 189, 262, 9_001, 10_058, 10_107, 11_600,
        11_602, 13_436,
    ];
    const NOT_WRITABLE: i32 = 13_435;
    match &*error.kind {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::Shutdown
        | ErrorKind::DnsResolve { .. } => true,
        _ => {
            let passing = |code| PASSING.contains(&code) || code == NOT_WRITABLE;
            code(error).is_some_and(passing)
                || error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR)
                || error.contains_label(mongodb::error::RETRYABLE_ERROR)
        }
    }
}

/// The server's code for what went wrong.
pub(crate) fn code(error: &DriverError) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(CommandError { code, .. }) => Some(*code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Some(error.code),
        ErrorKind::InsertMany(error) => error.write_concern_error.as_ref().map(|e| e.code),
        _ => None,
    }
}

pub(crate) fn unusable(message: impl Into<String>) -> StoreError {
    StoreError::Unusable(Box::new(Message(message.into())))
}

pub(crate) fn unavailable(message: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Message(message.into())))
}

/// After [`faas_core::store::Store::close`].
pub(crate) fn closed() -> StoreError {
    unavailable("the store is closed")
}
