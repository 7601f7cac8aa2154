//! Errors that several modules share. Each variant changes what a caller does; the text is for people.
//! The backend's own error stays behind [`std::error::Error::source`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::model::{ExecutionId, FunctionId, LoadTestStatus, Status};

/// Why the platform did not do what it was asked. A failure of a function is not an error: it is an
/// execution that failed.
///
/// ```
/// use faas_core::Error;
/// use faas_core::error::{Conflict, Resource};
///
/// fn status(error: &Error) -> u16 {
///     match error {
///         Error::Invalid(_) | Error::Compile(_) | Error::Inactive => 400,
///         Error::NotFound(Resource::Function) => 404,
///         Error::Conflict(Conflict::FunctionName { existing, .. }) => {
///             println!("update {existing:?} instead");
///             409
///         }
///         error if error.is_retryable() => 503,
///         _ => 500,
///     }
/// }
/// # assert_eq!(status(&Error::NotFound(Resource::Function)), 404);
/// ```
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
    /// It does not exist.
    #[error("{0} not found")]
    NotFound(Resource),
    /// The function takes no executions.
    #[error("function is not active")]
    Inactive,
    /// The request does not fit the present state.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The queue is full, or the part of it that one function may use. Trying again after this time
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
    /// The store cannot be reached, or the platform is shutting down. Trying again later may help.
    #[error(transparent)]
    Unavailable(Cause),
    /// The function ran, but the store did not accept the result. The platform keeps the result and
    /// stores it as soon as the store accepts it, but loses it if it stops before. Calling the
    /// function again runs it a second time.
    #[error("the function ran, but its result could not be stored: {reason}")]
    NotStored {
        /// The execution whose result is not stored.
        execution: ExecutionId,
        /// The store's failure.
        #[source]
        reason: Cause,
    },
    /// The idempotency key was used for the same function with another input.
    #[error("the idempotency key was used with another input: use a new key for each request")]
    IdempotencyKeyReused {
        /// The execution that was accepted with the key.
        execution: ExecutionId,
    },
    /// A fault of the platform itself.
    #[error("internal error: {0}")]
    Internal(#[source] Cause),
}

impl Error {
    /// Whether the same call may succeed later without a change.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Overloaded { .. } | Self::Runaway | Self::Unavailable(_)
        )
    }
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
    /// As many executions wait until they are due as may.
    #[error("too many delayed executions wait until they are due")]
    Delayed,
}

impl QueueBound {
    /// Its stable name: `queue_jobs`, `queue_bytes`, `function_jobs`, `function_bytes` or `delayed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueJobs => "queue_jobs",
            Self::QueueBytes => "queue_bytes",
            Self::FunctionJobs => "function_jobs",
            Self::FunctionBytes => "function_bytes",
            Self::Delayed => "delayed",
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<StoreError>> for Error {
    fn from(error: Arc<StoreError>) -> Self {
        match &*error {
            StoreError::Unavailable(_) => Self::Unavailable(Cause::of(error)),
            StoreError::Conflict(what) => Self::Conflict(Conflict::Taken(what)),
            StoreError::Stale => Self::Conflict(Conflict::Stale),
            StoreError::Unusable(_) => Self::Internal(Cause::of(error)),
        }
    }
}

/// Something that can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A function.
    Function,
    /// An execution.
    Execution,
    /// A load test.
    LoadTest,
    /// An API key.
    Key,
    /// A version of a function.
    Version,
    /// An alias of a function.
    Alias,
    /// A schedule.
    Schedule,
    /// A session of code that runs.
    Session,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function => "function",
            Self::Execution => "execution",
            Self::LoadTest => "load test",
            Self::Version => "version of the function",
            Self::Alias => "alias of the function",
            Self::Key => "key",
            Self::Schedule => "schedule",
            Self::Session => "session",
        })
    }
}

/// What a request conflicts with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// Another function has the name.
    #[error("a function named {name:?} already exists")]
    FunctionName {
        /// The name.
        name: String,
        /// The function that has it, unless it was deleted or renamed since.
        existing: Option<FunctionId>,
    },
    /// Another key has the name.
    #[error("a key named {name:?} already exists")]
    KeyName {
        /// The name.
        name: String,
    },
    /// There are as many keys as there may be.
    #[error("there are {limit} keys already: revoke keys that are no longer used")]
    TooManyKeys {
        /// How many there may be.
        limit: usize,
    },
    /// Another schedule of the function has the name.
    #[error("the function already has a schedule named {0:?}")]
    ScheduleName(String),
    /// There are as many schedules as there may be.
    #[error("{0}")]
    TooManySchedules(String),
    /// Others change the schedule all the time.
    #[error("the schedule is being changed by others: try again")]
    ScheduleBusy,
    /// There are as many sessions as there may be, in total or of one caller.
    #[error("there are {limit} sessions already: close those that are no longer used")]
    TooManySessions {
        /// How many there may be.
        limit: usize,
    },
    /// Code runs in the session.
    #[error("other code runs in the session: wait until it has ended")]
    SessionBusy,
    /// The key was revoked before.
    #[error("the key is revoked already")]
    KeyRevoked,
    /// The execution has ended.
    #[error("the execution has already {0}")]
    ExecutionEnded(Status),
    /// Only executions that have ended can be retried.
    #[error("the execution is {0}: wait until it has ended, or cancel it, to retry it")]
    ExecutionNotEnded(Status),
    /// Another server ended the execution.
    #[error("the execution was settled elsewhere")]
    SettledElsewhere,
    /// The execution could not be cancelled, because it changed all the time.
    #[error("{0}")]
    ExecutionBusy(&'static str),
    /// The namespace of keys and values has no room for the value.
    #[error("{0}")]
    NamespaceFull(String),
    /// The function is under a load test.
    #[error("a load test of this function is running: stop it first")]
    LoadTestRunning,
    /// The load test has ended.
    #[error("the load test is {} already", .0.as_str())]
    LoadTestEnded(LoadTestStatus),
    /// Another server runs the load test.
    #[error("the load test runs on another server: stop it there")]
    LoadTestElsewhere,
    /// Secrets were given, and the platform has no key to seal them with.
    #[error("secrets cannot be stored: no secret key is configured to seal them with")]
    NoSecretKey,
    /// Others change the function all the time.
    #[error("the function {0:?} is being changed by others: try again")]
    FunctionBusy(String),
    /// Others change functions all the time.
    #[error("functions are being changed by others: try again")]
    FunctionsBusy,
    /// What a store was asked to add already exists.
    #[error("{0} is already taken")]
    Taken(&'static str),
    /// What a store was asked to change has changed in the meantime.
    #[error("changed in the meantime")]
    Stale,
}

/// A text for people, with the error that it is about where there is one.
#[derive(Debug, Clone)]
pub struct Cause {
    message: Cow<'static, str>,
    source: Option<Arc<StoreError>>,
}

impl Cause {
    /// A failure of the store.
    pub fn of(error: Arc<StoreError>) -> Self {
        Self {
            message: error.to_string().into(),
            source: Some(error),
        }
    }

    /// The store's failure, where it was one.
    pub fn store_error(&self) -> Option<&StoreError> {
        self.source.as_deref()
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Cause {
    fn from(message: T) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, is locked or full. The same call may succeed later.
    #[error("store unavailable: {0}")]
    Unavailable(#[source] BoxError),
    /// What it was asked to add already exists.
    #[error("{0} is already taken")]
    Conflict(&'static str),
    /// What it was asked to change has changed in the meantime.
    #[error("changed in the meantime")]
    Stale,
    /// Its data cannot be read, or was written by a newer release. Trying again does not help.
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
    /// Whether the code is not at fault: the compiler is busy or out of memory, and the same code may
    /// compile later.
    pub temporary: bool,
}

/// The host cannot run code now. This is a failure of the platform.
#[derive(Debug, thiserror::Error)]
#[error("cannot start an instance: {0}")]
pub struct RuntimeError(#[source] pub BoxError);
