//! What a store adds that several platforms may use at the same time.
//!
//! A platform that claims an execution holds it by a [`Lease`], which it renews for as long as it has
//! the execution in hand. When it dies the lease ends, and another takes the execution over. By how
//! much the clocks of platforms that share a store may differ, their option
//! [`lease_margin`](crate::options::PlatformOptions::lease_margin) says.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Stage, StoreError};
use crate::model::{ExecutionId, FunctionId, Status, Timestamp};

/// Names a platform, from its start to its end, among those that share a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner(Arc<str>);

impl Owner {
    /// The owner with this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who has claimed an attempt, and until when nobody else may take it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub owner: Owner,
    /// The first moment at which others may.
    pub until: Timestamp,
}

/// What [`super::Store::as_shared`] gives.
#[async_trait]
pub trait SharedStore: Send + Sync {
    /// Executions that wait for somebody to take them up, those that have waited longest first.
    async fn overdue(&self, query: &OverdueQuery) -> Result<Vec<Overdue>, StoreError>;

    /// Prolongs the leases of these attempts, as far as they are running and held by the lease's
    /// owner, and tells what became of each, in the order asked.
    async fn renew(
        &self,
        attempts: &[(ExecutionId, u32)],
        lease: &Lease,
    ) -> Result<Vec<Renewed>, StoreError>;

    /// Asks whoever runs this execution to cancel it. Returns whether it is running.
    async fn request_cancel(&self, id: ExecutionId) -> Result<bool, StoreError>;

    /// When the function with this id was last changed; `None` when there is none or it was deleted.
    /// Cheaper than reading the function.
    async fn function_updated_at(&self, id: FunctionId) -> Result<Option<Timestamp>, StoreError>;
}

/// Which executions wait for somebody to take them up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueQuery {
    /// Pending ones, or running ones whose platform has fallen silent.
    pub status: Status,
    /// Pending ones that were due before this moment, where one without a due time is due when it is
    /// accepted; running ones whose lease ended before.
    pub before: Timestamp,
    /// Of these, only the ones that were due at or after this moment, or whose lease ends then.
    /// [`Timestamp::MIN`] for all.
    pub from: Timestamp,
    /// None of these functions.
    pub except: Vec<FunctionId>,
    /// At most so many.
    pub limit: usize,
}

/// An execution that waits for somebody to take it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// The execution.
    pub id: ExecutionId,
    /// Where it is: pending, or still marked as running.
    pub stage: Stage,
    /// Whether somebody asked to cancel it while it ran.
    pub cancel_requested: bool,
}

/// What became of a lease that was to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// It is held until the new time.
    Held,
    /// It is held, and somebody asks for the execution to be cancelled.
    CancelRequested,
    /// It is not held any more: the attempt has settled, or was taken over.
    Lost,
}
