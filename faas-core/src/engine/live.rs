//! Executions as they are shown: what the store has, with what only this platform knows.
//!
//! The store marks an attempt as running when it is claimed, which can be long before an instance
//! begins it. Until then the execution is shown as pending. For executions that other platforms on
//! the same store have claimed, only the store's mark is known.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Engine;
use crate::error::StoreError;
use crate::model::{Execution, ExecutionId, ListedExecution, Status};
use crate::store::ExecutionQuery;

impl Engine {
    /// The execution as it is now, if an instance has it or it waits for one without being stored.
    pub(crate) fn live(&self, id: ExecutionId) -> Option<Arc<Execution>> {
        let on_instance = self.0.instances.live(|execution, _| execution.id == id);
        on_instance.into_iter().next().or_else(|| {
            let mut found = None;
            self.0.queue.for_each_waiting(|job| {
                if job.is_direct() && job.execution.id == id {
                    found = Some(as_waiting(&job.execution));
                }
            });
            found
        })
    }

    /// Executions on an instance, or waiting for one without being stored, that `wanted` picks by
    /// what they are and by the status that they are shown in.
    pub(crate) fn all_live(
        &self,
        mut wanted: impl FnMut(&Execution, Status) -> bool,
    ) -> Vec<Arc<Execution>> {
        let mut live = Vec::new();
        self.0.queue.for_each_waiting(|job| {
            if job.is_direct() && wanted(&job.execution, Status::Pending) {
                live.push(as_waiting(&job.execution));
            }
        });
        live.extend(self.0.instances.live(wanted));
        live
    }

    /// An execution from the store as it is shown.
    pub(crate) fn shown(&self, mut stored: Execution) -> Execution {
        if stored.status == Status::Running {
            match self.0.in_flight.began(stored.id) {
                Some(None) => stored.status = Status::Pending,
                Some(Some(began)) => {
                    stored.start_time.get_or_insert(began);
                }
                None => {}
            }
        }
        stored
    }

    /// An execution in a list from the store as it is shown.
    pub(crate) fn shown_in_list(&self, mut stored: ListedExecution) -> ListedExecution {
        if stored.status == Status::Running {
            let execution = Arc::unwrap_or_clone(stored.execution);
            stored.execution = Arc::new(self.shown(execution));
        }
        stored
    }

    /// Executions from the store that match by the status that they are shown in, newest first.
    pub(crate) async fn stored(
        &self,
        query: &ExecutionQuery,
    ) -> Result<Vec<ListedExecution>, StoreError> {
        let store = &self.0.store;
        let claimed_ahead = match query.state() {
            None | Some(Status::Running | Status::Pending) => self.0.in_flight.not_begun(),
            Some(Status::Completed | Status::Failed) => 0,
        };
        let mut found = match query.state() {
            Some(Status::Running) => {
                // As many as that may be shown as pending.
                let limit = query.limit.saturating_add(claimed_ahead);
                let query = ExecutionQuery {
                    limit,
                    ..query.clone()
                };
                store.executions(&query).await?
            }
            Some(Status::Pending) if claimed_ahead > 0 => {
                let claimed = ExecutionQuery {
                    status: Some(Status::Running),
                    ..query.clone()
                };
                let mut both = store.executions(&claimed).await?;
                both.extend(store.executions(query).await?);
                both.sort_by_key(|listed| Reverse(listed.id));
                // One that was claimed between the two queries.
                both.dedup_by_key(|listed| listed.id);
                both
            }
            _ => store.executions(query).await?,
        };
        found.truncate(query.limit.saturating_add(claimed_ahead));
        let shown = found.into_iter().map(|stored| self.shown_in_list(stored));
        let state = query.state();
        let wanted = shown.filter(|shown| state.is_none_or(|state| state == shown.status));
        Ok(wanted.take(query.limit).collect())
    }
}

/// A claimed execution as it is shown until its attempt begins.
pub(super) fn as_waiting(execution: &Execution) -> Arc<Execution> {
    let latest = execution.attempts.last();
    Arc::new(Execution {
        status: Status::Pending,
        instance_id: latest.and_then(|attempt| attempt.instance_id.clone()),
        ..execution.clone()
    })
}
