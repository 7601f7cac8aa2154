//! How far ids and times of acceptance lie apart.
//!
//! Owns the bounds that let a store, which keeps executions in the order of their ids, answer a
//! period of `created_at` by a range of ids. An id carries its own millisecond, but it runs ahead
//! of the clock when the clock is set back, and imported data may have any distance.

use super::Period;
use crate::model::{ExecutionId, Timestamp};

/// The largest distances seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skew {
    /// By how many milliseconds an id was ahead of its `created_at` at most.
    pub ahead: i64,
    /// By how many milliseconds one was behind it at most.
    pub behind: i64,
}

impl Skew {
    /// Takes account of one execution.
    pub fn note(&mut self, id: ExecutionId, created_at: Timestamp) {
        let distance = id
            .created_at()
            .as_millis()
            .saturating_sub(created_at.as_millis());
        self.ahead = self.ahead.max(distance);
        self.behind = self.behind.max(distance.saturating_neg());
    }

    /// The first and the last millisecond, both inclusive, that the id of an execution accepted
    /// within `period` can carry. Which of those executions lie inside must still be looked at.
    pub fn millis(&self, period: Period) -> (i64, i64) {
        let first = period.from.as_millis().saturating_sub(self.behind);
        let last = period.to.as_millis().saturating_add(self.ahead);
        (first.max(0), last)
    }
}
