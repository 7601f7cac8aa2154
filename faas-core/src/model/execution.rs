//! One execution and the states it goes through.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{ExecutionId, FunctionId, InstanceId, Json, Tier, Timestamp};
use crate::model::Cost;

/// Where an execution is. `Completed` and `Failed` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepted, and waiting for an instance or for its retry to fall due.
    Pending,
    /// An attempt runs. A store also has those as running whose attempt is claimed and has not begun.
    Running,
    /// It returned a value.
    Completed,
    /// It failed, timed out or was cancelled; the failure's kind says which.
    Failed,
}

impl Status {
    /// `pending`, `running`, `completed` or `failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing can follow.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no status.
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

/// Why an attempt did not return a value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// For people: the thrown error's name and message, or what happened.
    pub message: String,
    /// The JavaScript stack with the user's own line numbers, where there was one.
    pub stack: Option<String>,
}

impl Failure {
    /// A failure without a stack.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            stack: None,
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The function threw, or returned what is no JSON, or never settled.
    UserError,
    /// It ran past its timeout.
    Timeout,
    /// It needed more memory than its tier has.
    OutOfMemory,
    /// It recursed too deeply.
    StackOverflow,
    /// Somebody cancelled it.
    Cancelled,
    /// The platform failed it: a crash, a restart in the middle. Such an attempt costs nothing and
    /// does not use up a retry.
    Platform,
}

impl FailureKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UserError,
        Self::Timeout,
        Self::OutOfMemory,
        Self::StackOverflow,
        Self::Cancelled,
        Self::Platform,
    ];

    /// `user_error`, `timeout`, `out_of_memory`, `stack_overflow`, `cancelled` or `platform`.
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

/// One line that the function wrote to its console.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogLine {
    /// Which method of `console` it came through.
    pub level: LogLevel,
    /// The arguments, formatted and joined by spaces.
    pub message: String,
    /// When it was written.
    pub at: Timestamp,
}

/// The methods of `console`.
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
    /// `debug`, `log`, `info`, `warn` or `error`.
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
    /// When it began; for one that a restart interrupted, when that was noticed.
    pub start_time: Timestamp,
    /// How long the function ran: what is billed. At most its timeout; without the time during which
    /// the whole platform was paused.
    pub duration: Duration,
    /// Why it failed; `None` when it returned.
    pub failure: Option<Failure>,
    /// Which instance it ran in; `None` when it is not known any more.
    pub instance_id: Option<InstanceId>,
    /// Whether its isolate had to be made for it.
    pub cold_start: bool,
}

/// An execution: what was asked, what happened, what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its id. Ids sort by time of acceptance.
    pub id: ExecutionId,
    /// The function.
    pub function_id: FunctionId,
    /// The version of the function that it was accepted with, which all its attempts run; 0 if an
    /// older release did not record it.
    pub function_version: u32,
    /// The tier that it is priced in, set at acceptance.
    pub tier: Tier,
    /// Where it is.
    pub status: Status,
    /// What the function is called with.
    pub input: Json,
    /// What it returned.
    pub output: Option<Json>,
    /// Why it failed; of a pending one, why its latest attempt did.
    pub failure: Option<Failure>,
    /// When it was accepted. Reports count it in the period that this lies in.
    pub created_at: Timestamp,
    /// When its first attempt began to run.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// The run time of all its attempts.
    pub duration: Duration,
    /// How many attempts were claimed, with those that were released before they began. The store
    /// refuses what a stale attempt writes.
    pub attempt: u32,
    /// How many of them were retries after a failure of the function's own.
    pub retry_count: u32,
    /// How many retries it may have.
    pub max_retries: u32,
    /// When a pending one may be claimed again; `None`: at once.
    pub due_at: Option<Timestamp>,
    /// The instance of the latest attempt.
    pub instance_id: Option<InstanceId>,
    /// Whether any of its attempts was a cold start.
    pub cold_start: bool,
    /// The price; zero until it has ended.
    pub cost: Cost,
    /// The console of all attempts, in order.
    pub logs: Vec<LogLine>,
    /// The attempts that have ended, in order.
    pub attempts: Vec<Attempt>,
    /// The failed execution that this one repeats.
    pub retry_of: Option<ExecutionId>,
    /// The caller's key against doing it twice; unique for the function within 24 h.
    pub idempotency_key: Option<Arc<str>>,
}

/// A step that the state of an execution does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("execution {id} is {from}: it cannot {step}")]
pub struct IllegalTransition {
    /// The execution.
    pub id: ExecutionId,
    /// The state that it is in.
    pub from: Status,
    /// What was tried.
    pub step: &'static str,
}

impl Execution {
    /// A pending one that was accepted at `now`, with no retries allowed. `free` names the tier that
    /// it is to be priced in.
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
            retry_of: None,
            idempotency_key: None,
        }
    }

    /// How long it waited from acceptance to its first attempt; of one that never started, `None`.
    pub fn queue_time(&self) -> Option<Duration> {
        self.start_time.map(|start| start.since(self.created_at))
    }

    /// `Pending` → `Running`: the next attempt is claimed.
    ///
    /// # Errors
    /// When it is not pending.
    pub fn claim(&mut self) -> Result<(), IllegalTransition> {
        self.require(Status::Pending, "be claimed")?;
        self.status = Status::Running;
        self.attempt += 1;
        self.due_at = None;
        Ok(())
    }

    /// Records how the claimed attempt ended. A settling step must follow. [`Self::start_time`] of an
    /// attempt that the platform failed must be set when it begins, if it does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn end_attempt(&mut self, attempt: Attempt) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "end an attempt")?;
        let failed = attempt.failure.as_ref().map(|failure| failure.kind);
        if failed != Some(FailureKind::Platform) {
            // One that the platform failed may not have begun.
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

    /// `Running` → `Pending`: another attempt may be claimed from `due` on. It counts as a retry
    /// unless the latest attempt's failure was the platform's.
    ///
    /// # Errors
    /// When it is not running.
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

    /// `Running` → `Pending`: the claimed attempt never started, and another may be claimed at once.
    ///
    /// # Errors
    /// When it is not running.
    pub fn release(&mut self) -> Result<(), IllegalTransition> {
        self.require(Status::Running, "be released")?;
        self.status = Status::Pending;
        Ok(())
    }

    /// `Running` → `Completed`.
    ///
    /// # Errors
    /// When it is not running.
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
    /// When it has ended.
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

    /// It ended at `now`: not before its latest attempt did, though that was by another's clock.
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
    fn what_a_slower_clock_ends_ends_no_earlier_than_its_latest_attempt() {
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
            })
            .unwrap();
        execution.retry(start).unwrap();
        let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
        let behind = Timestamp::from_millis(1_000);
        execution.fail(cancelled, behind).unwrap();
        assert_eq!(execution.end_time, Some(Timestamp::from_millis(4_500)));
    }
}
