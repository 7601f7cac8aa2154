//! Which executions have open dead letters and deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{DeadLetterGroup, Execution, ExecutionId, FunctionId, Timestamp};
use crate::store::FollowUpFilter;

#[derive(Debug, Default)]
pub(super) struct FollowUps {
    dead: BTreeMap<ExecutionId, (FunctionId, DeadLetterGroup)>,
    /// Executions with deliveries, and whether one has failed.
    deliveries: BTreeMap<ExecutionId, (FunctionId, bool)>,
    due: BTreeSet<(Timestamp, ExecutionId)>,
}

impl FollowUps {
    pub(super) fn add(&mut self, execution: &Execution) {
        let (id, function) = (execution.id, execution.function_id);
        let Some(follow_up) = &execution.follow_up else {
            return;
        };
        if let Some(group) = follow_up.open_group() {
            self.dead.insert(id, (function, group));
        }
        if let Some(failed) = follow_up.deliveries_failed() {
            self.deliveries.insert(id, (function, failed));
        }
        if let Some(due) = follow_up.delivery_due() {
            self.due.insert((due, id));
        }
    }

    pub(super) fn remove(&mut self, execution: &Execution) {
        self.dead.remove(&execution.id);
        self.deliveries.remove(&execution.id);
        let follow_up = execution.follow_up.as_ref();
        if let Some(due) = follow_up.and_then(|one| one.delivery_due()) {
            self.due.remove(&(due, execution.id));
        }
    }

    /// Newest first, the executions within `range`.
    pub(super) fn ids(
        &self,
        filter: FollowUpFilter,
        range: Range<ExecutionId>,
    ) -> impl Iterator<Item = ExecutionId> {
        let dead = self.dead.range(range.clone()).rev();
        let dead = dead.filter(move |(_, (_, group))| match filter {
            FollowUpFilter::DeadLetter => true,
            FollowUpFilter::DeadLetterGroup(wanted) => *group == wanted,
            _ => false,
        });
        let delivered = self.deliveries.range(range).rev();
        let delivered = delivered.filter(move |(_, (function, failed))| match filter {
            FollowUpFilter::Deliveries(wanted) => *function == wanted,
            FollowUpFilter::FailedDeliveries(wanted) => *failed && *function == wanted,
            _ => false,
        });
        let dead = dead.map(|(id, _)| *id);
        dead.chain(delivered.map(|(id, _)| *id))
    }

    pub(super) fn open_dead_letters(
        &self,
        function: Option<FunctionId>,
        limit: usize,
    ) -> Vec<(ExecutionId, DeadLetterGroup)> {
        let newest = self.dead.iter().rev();
        let wanted = newest.filter(|(_, (of, _))| function.is_none_or(|wanted| wanted == *of));
        let wanted = wanted.map(|(id, (_, group))| (*id, *group));
        wanted.take(limit).collect()
    }

    pub(super) fn next_deliveries(&self, limit: usize) -> Vec<(Timestamp, ExecutionId)> {
        self.due.iter().take(limit).copied().collect()
    }
}
