//! Executions: what each write means, and the lists.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::super::rollup::{Grain, cover};
use super::super::skew::Skew;
use super::super::{
    ExecutionQuery, IDEMPOTENCY_WINDOW, Lease, Overdue, OverdueQuery, PAGE_BYTES, Page, Period,
    Renewed, Stage, Totals, UsageGroup, UsageKey, UsageQuery, UsageRow, Written,
};
use super::usage::{self, RollUps};
use crate::model::{Execution, ExecutionId, FunctionId, Status, Timestamp, UsageSums};

mod open;

use open::Open;
pub(super) use open::{Snapshot, copy_out};

#[derive(Debug)]
pub(super) struct Executions {
    capacity: usize,
    ended: BTreeMap<ExecutionId, Arc<Execution>>,
    open: BTreeMap<ExecutionId, Open>,
    by_function: HashMap<FunctionId, BTreeSet<ExecutionId>>,
    /// Keys of executions that are still here.
    keys: HashMap<(FunctionId, Arc<str>), Accepted>,
    /// The executions with singleton keys that have not ended.
    singletons: HashMap<(FunctionId, Arc<str>), ExecutionId>,
    totals: Totals,
    skew: Skew,
    usage: RollUps,
}

#[derive(Debug, Clone, Copy)]
struct Accepted {
    id: ExecutionId,
    at: Timestamp,
}

/// The key under which no other execution that has not ended may be.
fn singleton(execution: &Execution) -> Option<(FunctionId, Arc<str>)> {
    let key = execution.queueing.singleton_key.clone()?;
    Some((execution.function_id, key))
}

impl Executions {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ended: BTreeMap::new(),
            open: BTreeMap::new(),
            by_function: HashMap::new(),
            keys: HashMap::new(),
            singletons: HashMap::new(),
            totals: Totals::default(),
            skew: Skew::default(),
            usage: RollUps::default(),
        }
    }

    pub(super) fn insert(&mut self, execution: &Arc<Execution>) -> Written {
        let id = execution.id;
        if self.open.contains_key(&id) || self.ended.contains_key(&id) {
            // The group is tried again because its answer was lost.
            return Written::Done;
        }
        let is_open = !execution.status.is_terminal();
        let singleton = singleton(execution).filter(|_| is_open);
        if let Some(first) = singleton
            .as_ref()
            .and_then(|slot| self.singletons.get(slot))
        {
            return Written::Duplicate(*first);
        }
        if let Some(key) = &execution.idempotency_key {
            let slot = (execution.function_id, Arc::clone(key));
            let since = execution.created_at - IDEMPOTENCY_WINDOW;
            let earlier = self.keys.get(&slot).filter(|earlier| earlier.at >= since);
            match earlier {
                Some(earlier) if is_open => {
                    return Written::Duplicate(earlier.id);
                }
                Some(_) => {}
                None => {
                    let at = execution.created_at;
                    self.keys.insert(slot, Accepted { id, at });
                }
            }
        }
        self.singletons.extend(singleton.map(|slot| (slot, id)));
        self.skew.note(id, execution.created_at);
        self.by_function
            .entry(execution.function_id)
            .or_default()
            .insert(id);
        if execution.status.is_terminal() {
            self.end(execution);
        } else {
            *self.count(execution.status) += 1;
            self.open.insert(id, Open::new(execution));
        }
        Written::Done
    }

    pub(super) fn claim(&mut self, id: ExecutionId, attempt: u32, lease: &Lease) -> Written {
        let Some(open) = self.open.get_mut(&id) else {
            return Written::Stale;
        };
        if open.running || open.attempt.checked_add(1) != Some(attempt) {
            return Written::Stale;
        }
        open.running = true;
        open.attempt = attempt;
        open.lease = Some(lease.clone());
        self.totals.pending -= 1;
        self.totals.running += 1;
        Written::Done
    }

    pub(super) fn settle(&mut self, execution: &Arc<Execution>, from: Stage) -> Written {
        let Some(open) = self.open.get_mut(&execution.id) else {
            return Written::Stale;
        };
        if open.stage() != from {
            return Written::Stale;
        }
        if execution.status.is_terminal() {
            self.open.remove(&execution.id);
            self.end(execution);
        } else {
            *open = Open::new(execution);
            *self.count(execution.status) += 1;
        }
        *self.count(from.status) -= 1;
        Written::Done
    }

    /// Ends a group of writes: enters the sums, and forgets executions beyond the capacity.
    pub(super) fn finish_group(&mut self) {
        self.usage.flush();
        while self.ended.len() > self.capacity {
            if let Some((_, oldest)) = self.ended.pop_first() {
                self.forget(&oldest);
            }
        }
    }

    pub(super) fn get(&self, id: ExecutionId) -> Option<Snapshot> {
        match self.ended.get(&id) {
            Some(execution) => Some(Snapshot::Ended(Arc::clone(execution))),
            None => self.open.get(&id).map(Open::snapshot),
        }
    }

    pub(super) fn list(&self, query: &ExecutionQuery) -> Vec<Snapshot> {
        let wanted = |found: &Snapshot| {
            let kind = found
                .execution()
                .failure
                .as_ref()
                .map(|failure| failure.kind);
            query.state().is_none_or(|status| status == found.status())
                && (query.failure.is_none() || query.failure == kind)
                && query.period.contains(found.execution().created_at)
        };
        let ids = self.ids(query);
        ids.filter_map(|id| self.get(id))
            .filter(wanted)
            .take(query.limit)
            .collect()
    }

    /// Newest first, all ids that `query` may mean.
    fn ids<'a>(&'a self, query: &ExecutionQuery) -> Box<dyn Iterator<Item = ExecutionId> + 'a> {
        let (first, past) = self.id_range(query.period);
        let past = query.before.map_or(past, |before| before.min(past));
        if first >= past {
            return Box::new(std::iter::empty());
        }
        if let Some(function) = query.function {
            let ids = self.by_function.get(&function);
            return Box::new(
                ids.into_iter()
                    .flat_map(move |ids| ids.range(first..past).rev().copied()),
            );
        }
        let mut ended = self
            .ended
            .range(first..past)
            .rev()
            .map(|(id, _)| *id)
            .peekable();
        let mut open = self
            .open
            .range(first..past)
            .rev()
            .map(|(id, _)| *id)
            .peekable();
        Box::new(std::iter::from_fn(move || {
            if ended.peek() > open.peek() {
                ended.next()
            } else {
                open.next()
            }
        }))
    }

    /// The range of ids that executions accepted within `period` can have.
    fn id_range(&self, period: Period) -> (ExecutionId, ExecutionId) {
        let id = |millis: i64| {
            let millis = u64::try_from(millis).unwrap_or(0).min((1 << 48) - 1);
            u128::from(millis) << 80
        };
        let (first, last) = self.skew.millis(period);
        let past = (id(last) | ((1 << 80) - 1)).saturating_add(1);
        (
            ExecutionId::from_u128(id(first)),
            ExecutionId::from_u128(past),
        )
    }

    pub(super) fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Page<Snapshot, ExecutionId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
        for (id, open) in self.open.range((start, Bound::Unbounded)) {
            bytes += open.execution.input.len();
            if items.len() == limit || (bytes > PAGE_BYTES && !items.is_empty()) {
                return Page { items, next: last };
            }
            items.push(open.snapshot());
            last = Some(*id);
        }
        Page { items, next: None }
    }

    /// The versions of functions that unfinished executions were accepted with.
    pub(super) fn needed_versions(&self) -> HashSet<(FunctionId, u32)> {
        let open = self.open.values().map(|open| &open.execution);
        open.map(|one| (one.function_id, one.function_version))
            .collect()
    }

    pub(super) fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Vec<ExecutionId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let open = self.open.range((start, Bound::Unbounded));
        open.take(limit).map(|(id, _)| *id).collect()
    }

    pub(super) fn overdue(&self, query: &OverdueQuery) -> Vec<Overdue> {
        let overdue = |(id, open): (&ExecutionId, &Open)| {
            let since = open.waits_since();
            let overdue = Overdue {
                id: *id,
                stage: open.stage(),
                cancel_requested: open.cancel_requested,
            };
            let is_wanted = open.status() == query.status
                && (query.from..query.before).contains(&since)
                && !query.except.contains(&open.execution.function_id);
            is_wanted.then_some((since, overdue))
        };
        let mut waiting: Vec<_> = self.open.iter().filter_map(overdue).collect();
        waiting.sort_by_key(|(since, _)| *since);
        waiting.truncate(query.limit);
        waiting.into_iter().map(|(_, overdue)| overdue).collect()
    }

    pub(super) fn renew(&mut self, id: ExecutionId, attempt: u32, lease: &Lease) -> Renewed {
        let Some(open) = self
            .open
            .get_mut(&id)
            .filter(|open| open.attempt == attempt)
        else {
            return Renewed::Lost;
        };
        match &mut open.lease {
            Some(held) if held.owner == lease.owner => held.until = lease.until,
            _ => return Renewed::Lost,
        }
        if open.cancel_requested {
            Renewed::CancelRequested
        } else {
            Renewed::Held
        }
    }

    pub(super) fn request_cancel(&mut self, id: ExecutionId) -> bool {
        let open = self.open.get_mut(&id).filter(|open| open.running);
        open.map(|open| open.cancel_requested = true).is_some()
    }

    pub(super) fn keyed(
        &self,
        function: FunctionId,
        key: Arc<str>,
        since: Timestamp,
    ) -> Option<ExecutionId> {
        let accepted = self.keys.get(&(function, key))?;
        (accepted.at >= since).then_some(accepted.id)
    }

    pub(super) fn newest(&self) -> Option<ExecutionId> {
        let ended = self.ended.keys().next_back();
        ended.max(self.open.keys().next_back()).copied()
    }

    pub(super) fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Vec<Duration> {
        let query = ExecutionQuery {
            function,
            status: Some(Status::Completed),
            period: Period {
                from: since,
                ..Period::ALL
            },
            limit,
            ..ExecutionQuery::default()
        };
        let found = self.list(&query);
        found.iter().map(|one| one.execution().duration).collect()
    }

    pub(super) const fn totals(&self) -> Totals {
        self.totals
    }

    pub(super) fn usage(&self, query: &UsageQuery) -> Vec<UsageRow> {
        let Some(known) = self.usage.known() else {
            return Vec::new();
        };
        let coarsest = match query.group {
            UsageGroup::Function => Grain::Day,
            UsageGroup::Time(granularity) => Grain::coarsest_for(granularity),
        };
        let mut rows = BTreeMap::new();
        for segment in cover(query.period, coarsest, known) {
            match segment.grain {
                Some(grain) => {
                    let Period { from, to } = segment.period;
                    self.usage.sum(grain, (from, to), query, &mut rows);
                }
                None => self.sum_executions(segment.period, query, &mut rows),
            }
        }
        rows.into_iter()
            .map(|(key, sums)| UsageRow { key, sums })
            .collect()
    }

    fn sum_executions(
        &self,
        period: Period,
        query: &UsageQuery,
        rows: &mut BTreeMap<UsageKey, UsageSums>,
    ) {
        let (first, past) = self.id_range(period);
        for execution in self.ended.range(first..past).map(|(_, ended)| ended) {
            let function = execution.function_id;
            if period.contains(execution.created_at)
                && query.function.is_none_or(|wanted| wanted == function)
            {
                let key = usage::key(query.group, execution.created_at, function);
                rows.entry(key).or_default().add(&UsageSums::of(execution));
            }
        }
    }

    pub(super) fn expire(&mut self, before: Timestamp, limit: usize) -> usize {
        let period = Period {
            to: before,
            ..Period::ALL
        };
        let old: Vec<_> = (self.ended.range(..self.id_range(period).1))
            .filter(|(_, execution)| execution.created_at < before)
            .map(|(id, _)| *id)
            .take(limit)
            .collect();
        for id in &old {
            if let Some(execution) = self.ended.remove(id) {
                self.forget(&execution);
            }
        }
        old.len()
    }

    fn end(&mut self, execution: &Arc<Execution>) {
        if let Some(slot) = singleton(execution)
            && self.singletons.get(&slot) == Some(&execution.id)
        {
            self.singletons.remove(&slot);
        }
        *self.count(execution.status) += 1;
        self.usage.add(execution);
        self.ended.insert(execution.id, Arc::clone(execution));
    }

    fn forget(&mut self, execution: &Execution) {
        self.usage.forget(execution.created_at);
        if let Some(ids) = self.by_function.get_mut(&execution.function_id) {
            ids.remove(&execution.id);
            if ids.is_empty() {
                self.by_function.remove(&execution.function_id);
            }
        }
        if let Some(key) = &execution.idempotency_key {
            let slot = (execution.function_id, Arc::clone(key));
            if self
                .keys
                .get(&slot)
                .is_some_and(|kept| kept.id == execution.id)
            {
                self.keys.remove(&slot);
            }
        }
    }

    const fn count(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Pending => &mut self.totals.pending,
            Status::Running => &mut self.totals.running,
            Status::Completed => &mut self.totals.completed,
            Status::Failed => &mut self.totals.failed,
        }
    }
}
