//! What the platform does for a call while it runs: it takes the instance back while the code waits,
//! and answers the code's host calls.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::Json;

/// The platform's side of one call.
///
/// `()` is the host of a call without a platform: it grants every wait and knows no host functions.
#[async_trait]
pub trait CallHost: Send + Sync {
    /// The code waits for a timer or for a host call, and uses no processor: takes its instance, so
    /// that another execution can run. Returns `false` if as many executions wait as may; the call
    /// then keeps its instance while it waits.
    fn wait(&self) -> bool;

    /// The code can go on: waits for an instance, unless the call has kept its own. Returns for how
    /// long; the runtime extends the call's deadline by that.
    async fn resume(&self) -> Duration;

    /// Answers a host call. A runtime drops the future when the call ends.
    async fn call(&self, request: HostRequest) -> HostAnswer;
}

#[async_trait]
impl CallHost for () {
    fn wait(&self) -> bool {
        true
    }

    async fn resume(&self) -> Duration {
        Duration::ZERO
    }

    async fn call(&self, request: HostRequest) -> HostAnswer {
        let unknown = match request {
            HostRequest::Call {
                binding, function, ..
            } => format!("this host has no function {binding}.{function}"),
            HostRequest::Stream { .. } => "this host has no streams".to_owned(),
        };
        Err(HostError::new("ERR_UNKNOWN_HOST_FUNCTION", unknown))
    }
}

/// A binding as code sees it: the object `context.NAME` with one method for each function.
///
/// A method takes one argument and returns a promise. A `Uint8Array` or an `ArrayBuffer` is passed
/// as bytes, a `ReadableStream` of such in pieces, and `undefined` as JSON `null`; anything else must
/// be JSON. The object is frozen, is not
/// among the own properties of `context`, and rejects calls of other names with the error code
/// `ERR_UNKNOWN_HOST_FUNCTION`, and its message lists the functions.
///
/// The calls of the code are queued, and sent when it waits. Those that were not sent when the
/// handler returns are dropped, and host functions that still run then are dropped too: code that
/// needs the effect of a call must await it. The streams of calls end then as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingNames {
    /// The name of the object.
    pub name: Arc<str>,
    /// The names of its methods.
    pub functions: Arc<[Arc<str>]>,
}

/// The name under which `fetch` is the last of a function's bindings. No binding of a host can have
/// it.
pub(crate) const NETWORK: &str = "#network";

/// The name under which the HTTP exchange of a call comes before [`NETWORK`], or last without one.
pub(crate) const EXCHANGE: &str = "#http";

/// A request of user code to its host. Nothing in it can be trusted.
#[derive(Debug, Clone)]
pub enum HostRequest {
    /// Calls a host function.
    Call {
        /// The binding, as the code named it.
        binding: Arc<str>,
        /// The function in it, as the code named it.
        function: Arc<str>,
        /// The argument; JSON `null` if there was none.
        argument: Payload,
    },
    /// Reads or writes a [`Payload::Stream`] of a call.
    Stream {
        /// Its number.
        stream: u64,
        /// What to do.
        action: StreamAction,
    },
}

/// What user code does with a stream. The answer is JSON `null` unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamAction {
    /// Takes the next piece of a result. The answer is its bytes, or JSON `null` at the end.
    Read,
    /// Reads no more of a result.
    Cancel,
    /// Adds a piece to an argument. It is answered when the host function has room for another one.
    Write(Bytes),
    /// Ends an argument.
    End,
    /// Ends an argument early. The host function reads an error.
    Abort,
}

/// The answer to a host call.
pub type HostAnswer = Result<Payload, HostError>;

/// The argument or the result of a host function.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// A JSON value.
    Json(Json),
    /// A `Uint8Array`.
    Bytes(Bytes),
    /// A `ReadableStream` of bytes: its number. Code chooses the numbers of its arguments, the host
    /// those of its results.
    Stream(u64),
}

impl Payload {
    /// Returns the number of bytes: of the JSON text, or of the array. A stream has none yet.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(json) => json.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Stream(_) => 0,
        }
    }

    /// Returns whether there are no bytes. A JSON text always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json) => write!(f, "Json({} bytes)", json.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Stream(number) => write!(f, "Stream({number})"),
        }
    }
}

/// Why a host call failed. User code sees an `Error` with this message and the property `code`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// A stable name for programs, such as `OUT_OF_STOCK`.
    pub code: Cow<'static, str>,
    /// What is wrong, for people.
    pub message: String,
}

impl HostError {
    /// Creates an error.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}
