//! What a store keeps of schedules.

use async_trait::async_trait;

use super::StoreError;
#[cfg(doc)]
use super::{Store, Write};
use crate::model::{FunctionId, Schedule, ScheduleId, Timestamp};

/// Keeps schedules.
///
/// The revision of a schedule decides between writers: each change has a revision that is one higher,
/// and is refused if the stored one is not the one before. [`Write::Fire`] changes a schedule together
/// with the execution of its firing. [`Store::delete_function`] deletes the schedules of the function.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// Adds a schedule.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the function has another one with its name, or any has its id.
    async fn insert_schedule(&self, schedule: &Schedule) -> Result<(), StoreError>;

    /// Replaces the schedule with this id, if its revision is one less than that of `schedule`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the function has another one with its name,
    /// [`StoreError::Stale`] when it was changed or deleted in the meantime.
    async fn replace_schedule(&self, schedule: &Schedule) -> Result<(), StoreError>;

    /// Deletes a schedule. Returns whether there was one.
    async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError>;

    /// The schedule with this id.
    async fn schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError>;

    /// Schedules that match, oldest first.
    async fn schedules(&self, query: &ScheduleQuery) -> Result<Vec<Schedule>, StoreError>;

    /// How many schedules there are: of one function or of all.
    async fn schedule_count(&self, function: Option<FunctionId>) -> Result<usize, StoreError>;

    /// Schedules that a platform must look at by `until` ([`Schedule::wakes_at`]), the earliest first,
    /// at most `limit`. Must be a look-up in an index.
    async fn due_schedules(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Schedule>, StoreError>;

    /// When a platform must look at the earliest schedule; `None`: never. Must be a look-up in an
    /// index. A server on a shared store asks once a second.
    async fn next_schedule(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// Which schedules to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleQuery {
    /// Only those of this function.
    pub function: Option<FunctionId>,
    /// Only those after this one: the last of the page before.
    pub after: Option<ScheduleId>,
    /// At most so many.
    pub limit: usize,
}
