//! Errors that several modules share. Each variant changes what a caller does; the text is for people.
//! The backend's own error stays behind [`std::error::Error::source`].

use crate::model::ExecutionId;

/// Why the platform did not do what it was asked. What a function itself does wrong is not here:
/// that is an execution that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself is wrong; the text says what and what was expected.
    #[error("{0}")]
    Invalid(String),
    /// The code does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The input, or the code, is larger than is configured; the text gives both sizes.
    #[error("{0}")]
    TooLarge(String),
    /// There is none such: "function", "execution".
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The function takes no executions.
    #[error("function is not active")]
    Inactive,
    /// What was asked does not fit the present state: a name that is taken, an execution that has
    /// ended.
    #[error("{0}")]
    Conflict(String),
    /// The queue is full, or the part of it that one function may fill. Trying again after this time
    /// may help.
    #[error("{bound}: try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// Which bound was met.
        bound: QueueBound,
        /// When to try again.
        retry_after: std::time::Duration,
    },
    /// Earlier calls of the function were told to stop and have not: one more might keep another
    /// processor busy for ever.
    #[error("earlier calls of this function do not stop: it is refused until they end")]
    Runaway,
    /// The store is away, or the platform shuts down. Trying again later may help.
    #[error("{0}")]
    Unavailable(String),
    /// The function ran, but the store did not take the result. The platform keeps the result and
    /// stores it as soon as the store accepts it, but loses it if it stops before. Calling the
    /// function again runs it a second time.
    #[error("the function ran, but its result could not be stored: {reason}")]
    NotStored {
        /// The execution whose result is not stored.
        execution: ExecutionId,
        /// What the store said.
        reason: String,
    },
    /// The idempotency key was used for the same function with another input.
    #[error("the idempotency key was used with another input: use a new key for each request")]
    IdempotencyKeyReused {
        /// The execution that was accepted with the key.
        execution: ExecutionId,
    },
    /// A fault of the platform's own.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A bound of the queue that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueBound {
    /// As many executions wait as may.
    #[error("the queue is full: too many executions wait")]
    QueueJobs,
    /// The inputs and outputs of all executions that have not ended take up as many bytes as they
    /// may.
    #[error("the queue is full: inputs and outputs take up too many bytes")]
    QueueBytes,
    /// As many executions of this function wait as may.
    #[error("the queue of this function is full: too many of its executions wait")]
    FunctionJobs,
    /// The inputs and outputs of this function take up as many bytes as they may.
    #[error("the queue of this function is full: its inputs and outputs take up too many bytes")]
    FunctionBytes,
}

impl QueueBound {
    /// Its stable name: `queue_jobs`, `queue_bytes`, `function_jobs` or `function_bytes`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueJobs => "queue_jobs",
            Self::QueueBytes => "queue_bytes",
            Self::FunctionJobs => "function_jobs",
            Self::FunctionBytes => "function_bytes",
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StoreError::Conflict(_) | StoreError::Stale => Self::Conflict(error.to_string()),
            StoreError::Unusable(_) => Self::Internal(error.to_string()),
        }
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, is locked or full. The same call may succeed later.
    #[error("store unavailable: {0}")]
    Unavailable(#[source] BoxError),
    /// What it was asked to add is there already.
    #[error("{0} is already taken")]
    Conflict(&'static str),
    /// What it was asked to change has changed in the meantime.
    #[error("changed in the meantime")]
    Stale,
    /// What it holds cannot be read, or it was written by a newer release. Trying again is no use.
    #[error("store unusable: {0}")]
    Unusable(#[source] BoxError),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// The backend's own error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Code that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What is wrong, with line and column where there is a place.
    pub message: String,
    /// The line in the user's own text, from 1.
    pub line: Option<u32>,
    /// The column in the user's own text, from 1.
    pub column: Option<u32>,
    /// Whether it is not the code's fault: the compiler is busy or out of memory, and the same code
    /// may compile later.
    pub temporary: bool,
}

/// The host cannot run code now: it is the platform's failure.
#[derive(Debug, thiserror::Error)]
#[error("cannot start an instance: {0}")]
pub struct RuntimeError(#[source] pub BoxError);
