//! One call of a function, as a runtime receives it, and its end.

use std::sync::Arc;
use std::time::Duration;

use super::host::{BindingNames, CallHost};
use super::{OpenEnvironment, Program, StopSignal};
use crate::model::{ExecutionId, Failure, FunctionId, InstanceId, Json, LogLine, Timestamp};

/// One call of a function. Cheap to clone.
#[derive(Clone)]
pub struct Call {
    /// The function and its version. A warm isolate serves one such pair.
    pub function: (FunctionId, u32),
    /// The compiled code.
    pub program: Program,
    /// The variables and secrets in `context.env`, the same for all calls of a version.
    pub environment: Arc<OpenEnvironment>,
    /// The bindings in `context`, the same for all calls of a version.
    pub bindings: Arc<[BindingNames]>,
    /// The argument.
    pub input: Json,
    /// Whether the argument is an HTTP request, and the result a response: see [`crate::http`].
    pub is_http: bool,
    /// What the code can read about this call.
    pub context: Arc<CallContext>,
    /// The limits of this call.
    pub limits: Limits,
    /// Stops the call from outside.
    pub stop: Arc<StopSignal>,
    /// What the platform does for the call while it runs. A runtime keeps it until the code has
    /// really ended, also after [`super::Instance::run`] was dropped.
    pub host: Arc<dyn CallHost>,
}

/// What user code can read about its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// The execution.
    pub execution_id: ExecutionId,
    /// The function.
    pub function_id: FunctionId,
    /// The function's name.
    pub function_name: Arc<str>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When the call will be stopped.
    pub deadline: Timestamp,
    /// The instance on which it begins.
    pub instance_id: InstanceId,
}

/// The limits of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time, without the time for which the call waits for an instance.
    pub timeout: Duration,
    /// JavaScript heap, in bytes.
    pub memory: usize,
    /// JSON output, in bytes.
    pub output: usize,
    /// Console lines kept; further lines are counted and dropped.
    pub log_lines: usize,
    /// Console bytes kept, over all lines.
    pub log_bytes: usize,
    /// Host calls at a time, at least one. Further calls of the code wait until one has ended.
    pub host_calls: usize,
    /// The argument of a host call, or one piece of a stream, in bytes.
    pub host_bytes: usize,
}

#[cfg(all(feature = "quickjs", target_os = "linux"))]
impl Limits {
    /// How many actions on streams may be under way at a time: as many as there can be streams.
    pub(crate) fn stream_actions(&self) -> usize {
        self.host_calls.max(1).saturating_mul(2)
    }
}

/// The end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The returned value, or the failure.
    pub result: Result<Json, Failure>,
    /// The console output.
    pub logs: Vec<LogLine>,
    /// Whether the call was a cold start.
    pub cold_start: bool,
    /// The processor time that the code used, as the kernel counted it. Zero if it is not known.
    pub cpu_time: Duration,
}
