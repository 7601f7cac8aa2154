//! How lists are bounded in bytes.
//!
//! A list has a number of bytes for what is long. Functions are listed until their code and the like
//! fill it; then the page ends. Executions are all listed, and the long parts that do not fit any more
//! are left out. [`PageBudget`] decides which: it is used by stores, before they read a part, and by
//! the platform, for what it adds to a store's page.

use std::sync::Arc;

use super::FunctionQuery;
use crate::model::{
    Attempt, Execution, FunctionId, FunctionSummary, Json, LeftOut, ListedExecution, LogLine,
};

/// How many bytes a page has for what is long, unless set: 8 MiB.
pub const PAGE_BYTES: usize = 8 << 20;

/// What has at most so many bytes is never left out: 1 KiB.
pub const SHORT: usize = 1 << 10;

/// A page of a list, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask the next page with; `None` if there is none.
    pub next: Option<C>,
}

/// The bytes that a page has left for what is long.
#[derive(Debug, Clone, Copy)]
pub struct PageBudget {
    left: usize,
}

/// How many bytes the parts of an execution have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartLengths {
    /// The input's JSON text.
    pub input: usize,
    /// The output's JSON text.
    pub output: usize,
    /// The log lines, with about 64 bytes for each beside its text.
    pub logs: usize,
    /// The attempts, with about 128 bytes for each beside its failure.
    pub attempts: usize,
}

impl PartLengths {
    /// The lengths of the parts that `execution` has.
    pub fn of(execution: &Execution) -> Self {
        let line = |line: &LogLine| line.message.len() + 64;
        let attempt = |attempt: &Attempt| {
            let failure = attempt.failure.as_ref();
            let stack = failure.and_then(|failure| failure.stack.as_ref());
            let message = failure.map_or(0, |failure| failure.message.len());
            message + stack.map_or(0, String::len) + 128
        };
        Self {
            input: execution.input.len(),
            output: execution.output.as_ref().map_or(0, Json::len),
            logs: execution.logs.iter().map(line).sum(),
            attempts: execution.attempts.iter().map(attempt).sum(),
        }
    }
}

impl PageBudget {
    /// A page with so many bytes for what is long.
    pub const fn new(bytes: usize) -> Self {
        Self { left: bytes }
    }

    /// Whether something of this length still fits; if so, its bytes are used up. What is not longer
    /// than [`SHORT`] always fits and uses up nothing.
    pub const fn admit(&mut self, length: usize) -> bool {
        if length <= SHORT {
            return true;
        }
        if length > self.left {
            return false;
        }
        self.left -= length;
        true
    }

    /// Which parts of an execution with these lengths do not fit any more. The others' bytes are used
    /// up.
    pub const fn leave_out(&mut self, lengths: PartLengths) -> LeftOut {
        LeftOut {
            input: !self.admit(lengths.input),
            output: !self.admit(lengths.output),
            logs: !self.admit(lengths.logs),
            attempts: !self.admit(lengths.attempts),
        }
    }

    /// The execution without the parts that do not fit any more, and without its host calls, which
    /// lists only count.
    pub fn bounded(&mut self, listed: ListedExecution) -> ListedExecution {
        let ListedExecution {
            execution,
            left_out: before,
        } = listed;
        let left_out = self.leave_out(PartLengths::of(&execution));
        if left_out.is_nothing() && execution.host_calls.is_empty() {
            let left_out = before;
            return ListedExecution {
                execution,
                left_out,
            };
        }
        ListedExecution {
            execution: Arc::new(without(&execution, left_out)),
            left_out: LeftOut {
                input: before.input || left_out.input,
                output: before.output || left_out.output,
                logs: before.logs || left_out.logs,
                attempts: before.attempts || left_out.attempts,
            },
        }
    }
}

/// A copy of `execution` without these parts, which are not copied.
fn without(execution: &Execution, left_out: LeftOut) -> Execution {
    let kept = |is_left_out: bool| !is_left_out;
    Execution {
        id: execution.id,
        function_id: execution.function_id,
        function_version: execution.function_version,
        tier: execution.tier,
        status: execution.status,
        input: if left_out.input {
            Json::null()
        } else {
            execution.input.clone()
        },
        output: (execution.output.clone()).filter(|_| kept(left_out.output)),
        failure: execution.failure.clone(),
        created_at: execution.created_at,
        start_time: execution.start_time,
        end_time: execution.end_time,
        duration: execution.duration,
        attempt: execution.attempt,
        retry_count: execution.retry_count,
        max_retries: execution.max_retries,
        due_at: execution.due_at,
        instance_id: execution.instance_id.clone(),
        cold_start: execution.cold_start,
        cost: execution.cost,
        logs: if left_out.logs {
            Vec::new()
        } else {
            execution.logs.clone()
        },
        attempts: if left_out.attempts {
            Vec::new()
        } else {
            execution.attempts.clone()
        },
        host_calls: Vec::new(),
        more_host_calls: execution.host_call_count(),
        retry_of: execution.retry_of,
        idempotency_key: execution.idempotency_key.clone(),
        queueing: execution.queueing.clone(),
        caller: execution.caller.clone(),
    }
}

/// A page of functions that is being filled, for stores that read one function after the other.
#[derive(Debug)]
pub struct FunctionPage {
    items: Vec<FunctionSummary>,
    limit: usize,
    left: usize,
    is_full: bool,
}

impl FunctionPage {
    /// An empty page.
    pub fn new(query: &FunctionQuery) -> Self {
        Self {
            items: Vec::new(),
            limit: query.limit.min(FunctionQuery::MOST),
            left: query.max_bytes,
            is_full: false,
        }
    }

    /// Adds the next function if it fits. Returns whether the page is full: the function, and those
    /// that follow it, are for the next one.
    pub fn push(&mut self, function: FunctionSummary) -> bool {
        let bytes = function.bytes();
        let is_too_large = bytes > self.left && !self.items.is_empty();
        if self.items.len() >= self.limit || is_too_large {
            self.is_full = true;
            return true;
        }
        self.left = self.left.saturating_sub(bytes);
        self.items.push(function);
        false
    }

    /// The page.
    pub fn finish(self) -> Page<FunctionSummary, FunctionId> {
        let last = self.items.last().map(|last| last.id);
        Page {
            next: last.filter(|_| self.is_full),
            items: self.items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_left_out_once_the_page_is_full_and_what_is_short_never() {
        let mut budget = PageBudget::new(10_000);
        let lengths = PartLengths {
            input: 4_000,
            output: 5_000,
            logs: SHORT,
            attempts: 2_000,
        };
        let left_out = budget.leave_out(lengths);
        assert_eq!(left_out.names(), ["attempts"]);
        let left_out = budget.leave_out(PartLengths {
            input: SHORT,
            output: 1_001,
            logs: SHORT + 1,
            attempts: 0,
        });
        assert_eq!(left_out.names(), ["logs"]);
        assert!(!budget.admit(SHORT + 1));
        assert!(budget.admit(SHORT));
    }
}
