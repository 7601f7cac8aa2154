//! What one attempt leaves: its failure, its console output, its times.

use std::time::Duration;

use super::{CodeHash, InstanceId, KvUsage, RetryAdvice, Timestamp};

/// Why an attempt returned no value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// The category of the failure.
    pub kind: FailureKind,
    /// For people: the thrown error's name and message, or what happened.
    pub message: String,
    /// The JavaScript stack with the user's line numbers, if there was one.
    pub stack: Option<String>,
    /// What the thrown error asks for. Failures that are kept ask for nothing any more.
    #[serde(skip)]
    pub retry: RetryAdvice,
}

impl Failure {
    /// Creates a failure without a stack.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            stack: None,
            retry: RetryAdvice::Policy,
        }
    }
}

/// The category of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The function threw, returned a value that is not JSON, or never settled.
    UserError,
    /// The function exceeded its timeout.
    Timeout,
    /// The function needed more memory than its tier has.
    OutOfMemory,
    /// The function recursed too deeply.
    StackOverflow,
    /// The execution was cancelled.
    Cancelled,
    /// The platform failed, for example by a crash or a restart. Such an attempt costs nothing and
    /// does not count as a retry.
    Platform,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::UserError,
        Self::Timeout,
        Self::OutOfMemory,
        Self::StackOverflow,
        Self::Cancelled,
        Self::Platform,
    ];

    /// Returns `user_error`, `timeout`, `out_of_memory`, `stack_overflow`, `cancelled` or
    /// `platform`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserError => "user_error",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::StackOverflow => "stack_overflow",
            Self::Cancelled => "cancelled",
            Self::Platform => "platform",
        }
    }
}

/// One line of console output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogLine {
    /// The level, from the `console` method that was called.
    pub level: LogLevel,
    /// The arguments, formatted and joined by spaces.
    pub message: String,
    /// When the line was written.
    pub at: Timestamp,
}

/// The level of a console line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// `console.debug`, `console.trace`
    Debug,
    /// `console.log`
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`, `console.assert`
    Error,
}

impl LogLevel {
    /// Returns `debug`, `log`, `info`, `warn` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Log => "log",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One run of the function for an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the attempt began. If a restart interrupted it: when the platform noticed that.
    pub start_time: Timestamp,
    /// The billed run time. At most the timeout; excludes pauses of the whole platform.
    pub duration: Duration,
    /// Why the attempt failed; `None` if it returned a value.
    pub failure: Option<Failure>,
    /// The instance that ran it; `None` if unknown.
    pub instance_id: Option<InstanceId>,
    /// Whether it was a cold start.
    pub cold_start: bool,
    /// The processor time that its code used, as the kernel counted it; zero if unknown.
    pub cpu_time: Duration,
    /// The operations on keys and values that its code made.
    pub kv: KvUsage,
    /// The hash of its code, if the code is not stored: see
    /// [`Platform::run`](crate::Platform::run).
    pub code: Option<CodeHash>,
}

/// One host call of an execution.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HostCallRecord {
    /// The attempt that made it, from 1.
    pub attempt: u32,
    /// The binding and the function: `inventory.reserve`.
    pub name: String,
    /// When it began.
    pub start_time: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The bytes of its argument.
    pub bytes_in: u64,
    /// The bytes of its result.
    pub bytes_out: u64,
    /// The code of its error; `None` if it succeeded. `ERR_DROPPED` if the call of the function
    /// ended before it.
    pub error: Option<String>,
    /// The HTTP request, if `fetch` made the call.
    pub request: Option<Box<RequestRecord>>,
}

impl HostCallRecord {
    /// Whether it moved a part of the HTTP request that the execution answers, or of its response.
    pub fn is_exchange(&self) -> bool {
        // No binding of a host can have such a name.
        self.name.starts_with("#http.")
    }

    /// Whether it moved the response to the HTTP request that the execution answers.
    pub fn is_response(&self) -> bool {
        &*self.name == "#http.respond"
    }
}

/// What is kept of an HTTP request that code made. Times are in microseconds; one is `None` if that
/// part did not happen: a connection that is used again has no `dns`, `connect` and `tls`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// `http` or `https`; empty if the URL was not valid.
    pub scheme: String,
    /// The host; empty if the URL was not valid.
    pub host: String,
    /// The port; 0 if the URL was not valid.
    pub port: u16,
    /// The status of the response, if one came.
    pub status: Option<u16>,
    /// Whether the request used HTTP/2.
    pub http2: bool,
    /// Whether the connection had been used before.
    pub reused: bool,
    /// Resolving the name.
    pub dns: Option<u64>,
    /// Connecting.
    pub connect: Option<u64>,
    /// The TLS handshake.
    pub tls: Option<u64>,
    /// From the beginning to the head of the response.
    pub first_byte: Option<u64>,
    /// Whose rule refused the request, if one did: `server` or `function`.
    pub refused_by: Option<String>,
    /// What the refusal says.
    pub refusal: Option<String>,
}
