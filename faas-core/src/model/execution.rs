//! Executions and the transitions between their states.

use std::sync::Arc;
use std::time::Duration;

use super::queueing::Queueing;
use super::{
    Attempt, CallerLabel, Cost, ExecutionId, Failure, FailureKind, FunctionId, HostCallRecord,
    InstanceId, Json, KvUsage, LogLine, Status, Tier, Timestamp,
};

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
    /// When it runs, compared with others of its function.
    pub queueing: Queueing,
    /// Who called, if that is known.
    pub caller: Option<CallerLabel>,
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

    /// Returns the operations on keys and values of all attempts.
    pub fn kv(&self) -> KvUsage {
        let mut all = KvUsage::default();
        for attempt in &self.attempts {
            all.add(&attempt.kv);
        }
        all
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
            queueing: Queueing::default(),
            caller: None,
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
                kv: KvUsage::default(),
                code: None,
            })
            .unwrap();
        execution.retry(start).unwrap();
        let cancelled = Failure::new(FailureKind::Cancelled, "cancelled");
        let behind = Timestamp::from_millis(1_000);
        execution.fail(cancelled, behind).unwrap();
        assert_eq!(execution.end_time, Some(Timestamp::from_millis(4_500)));
    }
}
