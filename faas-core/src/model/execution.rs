//! Executions and their states.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{ExecutionId, FunctionId, InstanceId, Json, Tier, Timestamp};
use crate::model::Cost;

/// The state of an execution. `Completed` and `Failed` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepted; waits for an instance or for its retry to be due.
    Pending,
    /// An attempt runs. In a store, also an execution whose attempt is claimed but has not begun.
    Running,
    /// The function returned a value.
    Completed,
    /// The execution failed, timed out or was cancelled; see the failure's kind.
    Failed,
}

impl Status {
    /// Returns `pending`, `running`, `completed` or `failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Returns whether the state is final.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one of pending, running, completed, failed")]
pub struct ParseStatusError;

impl FromStr for Status {
    type Err = ParseStatusError;

    fn from_str(text: &str) -> Result<Self, ParseStatusError> {
        match text {
            "pending" => Ok(Self::Pending),
            "running" => Ok(Self::Running),
            "completed" => Ok(Self::Completed),
            "failed" => Ok(Self::Failed),
            _ => Err(ParseStatusError),
        }
    }
}

/// Why an attempt returned no value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// The category of the failure.
    pub kind: FailureKind,
    /// For people: the thrown error's name and message, or what happened.
    pub message: String,
    /// The JavaScript stack with the user's line numbers, if there was one.
    pub stack: Option<String>,
}

impl Failure {
    /// Creates a failure without a stack.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            stack: None,
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
}

/// An execution: its input, its outcome and its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The id. Ids sort by time of acceptance.
    pub id: ExecutionId,
    /// The function.
    pub function_id: FunctionId,
    /// The version of the function at acceptance, which all attempts run; 0 if an older release did
    /// not record it.
    pub function_version: u32,
    /// The price tier, set at acceptance.
    pub tier: Tier,
    /// The state.
    pub status: Status,
    /// The function's input.
    pub input: Json,
    /// The returned value.
    pub output: Option<Json>,
    /// Why the execution failed; while it is pending, why its latest attempt failed.
    pub failure: Option<Failure>,
    /// When the execution was accepted. Reports count it in the period of this time.
    pub created_at: Timestamp,
    /// When the first attempt began to run.
    pub start_time: Option<Timestamp>,
    /// When the execution ended.
    pub end_time: Option<Timestamp>,
    /// The run time of all attempts.
    pub duration: Duration,
    /// The number of claimed attempts, including those released before they began. The store
    /// refuses writes of stale attempts.
    pub attempt: u32,
    /// The number of retries after failures of the function itself.
    pub retry_count: u32,
    /// The maximum number of retries.
    pub max_retries: u32,
    /// When a pending execution may be claimed again; `None`: at once.
    pub due_at: Option<Timestamp>,
    /// The instance of the latest attempt.
    pub instance_id: Option<InstanceId>,
    /// Whether any attempt was a cold start.
    pub cold_start: bool,
    /// The price; zero until the execution has ended.
    pub cost: Cost,
    /// The console output of all attempts, in order.
    pub logs: Vec<LogLine>,
    /// The ended attempts, in order.
    pub attempts: Vec<Attempt>,
    /// The host calls of all attempts, in the order in which they ended; at most
    /// [`Execution::MAX_HOST_CALLS`].
    pub host_calls: Vec<HostCallRecord>,
    /// How many host calls there were besides these. Lists of executions only count them.
    pub more_host_calls: u64,
    /// The failed execution that this one repeats.
    pub retry_of: Option<ExecutionId>,
    /// The caller's idempotency key; unique per function within 24 h.
    pub idempotency_key: Option<Arc<str>>,
}

/// A transition that the current state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("execution {id} is {from}: it cannot {step}")]
pub struct IllegalTransition {
    /// The execution.
    pub id: ExecutionId,
    /// The current state.
    pub from: Status,
    /// The attempted transition.
    pub step: &'static str,
}

impl Execution {
    /// The most host calls that an execution keeps.
    pub const MAX_HOST_CALLS: usize = 1_000;

    /// Returns how many host calls there were.
    pub fn host_call_count(&self) -> u64 {
        self.more_host_calls
            .saturating_add(self.host_calls.len() as u64)
    }

    /// Returns the processor time of all attempts.
    pub fn cpu_time(&self) -> Duration {
        self.attempts.iter().map(|attempt| attempt.cpu_time).sum()
    }

    /// Creates a pending execution, accepted at `now`, without retries. Its tier is the tier of
    /// `free`.
    pub fn new(
        id: ExecutionId,
        function_id: FunctionId,
        input: Json,
        free: Cost,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            function_id,
            function_version: 1,
            tier: free.tier,
            status: Status::Pending,
            input,
            output: None,
            failure: None,
            created_at: now,
            start_time: None,
            end_time: None,
            duration: Duration::ZERO,
            attempt: 0,
            retry_count: 0,
            max_retries: 0,
            due_at: None,
            instance_id: None,
            cold_start: false,
            cost: free,
            logs: Vec::new(),
            attempts: Vec::new(),
            host_calls: Vec::new(),
            more_host_calls: 0,
            retry_of: None,
            idempotency_key: None,
        }
    }

    /// Returns the time from acceptance to the first attempt; `None` if no attempt has begun.
    pub fn queue_time(&self) -> Option<Duration> {
        self.start_time.map(|start| start.since(self.created_at))
    }

    /// `Pending` → `Running`: claims the next attempt.
    ///
    /// # Errors
    /// When the execution is not pending.
    pub fn claim(&mut self) -> Result<(), IllegalTransition> {
        self.require(Status::Pending, "be claimed")?;
        self.status = Status::Running;
        self.attempt += 1;
        self.due_at = None;
        Ok(())
    }

    /// Records the end of the claimed attempt. A settling transition must follow. If the platform
    /// failed the attempt, the caller must have set [`Self::start_time`] when the attempt began.
    ///
    /// # Errors
    /// When the execution is not running.
    pub fn end_attempt(&mut self, attempt: Attempt) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "end an attempt")?;
        let failed = attempt.failure.as_ref().map(|failure| failure.kind);
        if failed != Some(FailureKind::Platform) {
            // An attempt that the platform failed may not have begun.
            self.start_time.get_or_insert(attempt.start_time);
        }
        self.duration += attempt.duration;
        self.cold_start |= attempt.cold_start;
        if attempt.instance_id.is_some() {
            self.instance_id.clone_from(&attempt.instance_id);
        }
        self.failure.clone_from(&attempt.failure);
        self.attempts.push(attempt);
        Ok(())
    }

    /// `Running` → `Pending`: another attempt may be claimed from `due` on. Counts as a retry
    /// unless the platform failed the latest attempt.
    ///
    /// # Errors
    /// When the execution is not running.
    pub fn retry(&mut self, due: Timestamp) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "be retried")?;
        let platform = self
            .failure
            .as_ref()
            .is_some_and(|failure| failure.kind == FailureKind::Platform);
        self.retry_count += u32::from(!platform);
        self.status = Status::Pending;
        self.due_at = Some(due);
        Ok(())
    }

    /// `Running` → `Pending`: the claimed attempt never began; another may be claimed at once.
    ///
    /// # Errors
    /// When the execution is not running.
    pub fn release(&mut self) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "be released")?;
        self.status = Status::Pending;
        Ok(())
    }

    /// `Running` → `Completed`.
    ///
    /// # Errors
    /// When the execution is not running.
    pub fn complete(&mut self, output: Json, now: Timestamp) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "be completed")?;
        self.status = Status::Completed;
        self.output = Some(output);
        self.failure = None;
        self.end_at(now);
        Ok(())
    }

    /// `Pending` or `Running` → `Failed`.
    ///
    /// # Errors
    /// When the execution has ended.
    pub fn fail(&mut self, failure: Failure, now: Timestamp) -> Result<(), IllegalTransition> {
        match self.status {
            Status::Pending | Status::Running => {}
            from @ (Status::Completed | Status::Failed) => {
                return Err(IllegalTransition {
                    id: self.id,
                    from,
                    step: "be failed",
                });
            }
        }
        self.status = Status::Failed;
        self.failure = Some(failure);
        self.due_at = None;
        self.end_at(now);
        Ok(())
    }

    /// Ends the execution at `now`, but not before the end of its latest attempt, which another
    /// server's clock may have recorded.
    fn end_at(&mut self, now: Timestamp) {
        let attempt = self.attempts.last();
        let ended = attempt.map(|attempt| attempt.start_time + attempt.duration);
        self.end_time = Some(now).max(self.start_time).max(ended);
    }

    fn require(&self, status: Status, step: &'static str) -> Result<(), IllegalTransition> {
        if self.status == status {
            Ok(())
        } else {
            Err(IllegalTransition {
                id: self.id,
                from: self.status,
                step,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::PriceBook;
    use crate::model::Cost;

    #[test]
    fn an_execution_never_ends_before_its_latest_attempt() {
        let start = Timestamp::from_millis(4_000);
        let free = Cost::zero(Tier::Basic, &PriceBook::default());
        let (id, function) = (ExecutionId::from_u128(1), FunctionId::from_u128(2));
        let mut execution = Execution::new(id, function, Json::null(), free, start);
        execution.claim().unwrap();
        let thrown = Failure::new(FailureKind::UserError, "thrown");
        execution
            .end_attempt(Attempt {
                start_time: start,
                duration: Duration::from_millis(500),
                failure: Some(thrown),
                instance_id: None,
                cold_start: false,
                cpu_time: Duration::ZERO,
            })
            .unwrap();
        execution.retry(start).unwrap();
        let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
        let behind = Timestamp::from_millis(1_000);
        execution.fail(cancelled, behind).unwrap();
        assert_eq!(execution.end_time, Some(Timestamp::from_millis(4_500)));
    }
}
