//! Sums by function and span of time, kept with each execution that ends.

use std::collections::BTreeMap;

use super::super::rollup::{Grain, Known};
use super::super::{UsageGroup, UsageKey, UsageQuery};
use crate::model::{Execution, FunctionId, Timestamp, UsageSums};

type Spans = BTreeMap<(Timestamp, FunctionId), UsageSums>;

/// The roll-ups. Executions of one group mostly share minute and function, so their sums are first
/// made in `open` and entered when another key comes or the group ends.
#[derive(Debug, Default)]
pub(super) struct RollUps {
    minutes: Spans,
    hours: Spans,
    days: Spans,
    open: Option<((Timestamp, FunctionId), UsageSums)>,
    known: Option<Known>,
}

impl RollUps {
    pub(super) fn add(&mut self, execution: &Execution) {
        let at = execution.created_at;
        let known = self.known.get_or_insert(Known {
            oldest: at,
            newest: at,
            executions_from: Timestamp::from_micros(i64::MIN),
            minutes_from: Timestamp::from_micros(i64::MIN),
        });
        known.oldest = known.oldest.min(at);
        known.newest = known.newest.max(at);
        let key = (Grain::Minute.floor(at), execution.function_id);
        let sums = UsageSums::of(execution);
        match &mut self.open {
            Some((open, total)) if *open == key => total.add(&sums),
            _ => {
                self.flush();
                self.open = Some((key, sums));
            }
        }
    }

    /// Enters what was added. Must come before [`RollUps::sum`].
    pub(super) fn flush(&mut self) {
        let Some(((minute, function), sums)) = self.open.take() else {
            return;
        };
        for grain in Grain::ALL {
            let key = (grain.floor(minute), function);
            self.spans_mut(grain).entry(key).or_default().add(&sums);
        }
    }

    /// Takes note that executions up to and including `at` are gone.
    pub(super) fn forget(&mut self, at: Timestamp) {
        let Some(known) = &mut self.known else { return };
        let after = Timestamp::from_micros(at.as_micros().saturating_add(1));
        known.executions_from = known.executions_from.max(after);
        let hour = Grain::Hour.floor(known.executions_from);
        if hour > known.minutes_from {
            known.minutes_from = hour;
            self.minutes = self.minutes.split_off(&(hour, FunctionId::from_u128(0)));
        }
    }

    pub(super) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Adds the sums of `grain` within the part of `query` from `from` until before `to`.
    pub(super) fn sum(
        &self,
        grain: Grain,
        (from, to): (Timestamp, Timestamp),
        query: &UsageQuery,
        rows: &mut BTreeMap<UsageKey, UsageSums>,
    ) {
        let start = |moment| (moment, FunctionId::from_u128(0));
        let spans = match grain {
            Grain::Minute => &self.minutes,
            Grain::Hour => &self.hours,
            Grain::Day => &self.days,
        };
        for ((at, function), sums) in spans.range(start(from)..start(to)) {
            if query.function.is_none_or(|id| id == *function) {
                let key = key(query.group, *at, *function);
                rows.entry(key).or_default().add(sums);
            }
        }
    }

    const fn spans_mut(&mut self, grain: Grain) -> &mut Spans {
        match grain {
            Grain::Minute => &mut self.minutes,
            Grain::Hour => &mut self.hours,
            Grain::Day => &mut self.days,
        }
    }
}

/// The group that an execution of `function`, accepted at `at`, belongs to.
pub(super) fn key(group: UsageGroup, at: Timestamp, function: FunctionId) -> UsageKey {
    match group {
        UsageGroup::Function => UsageKey::Function(function),
        UsageGroup::Time(granularity) => UsageKey::Time(granularity.floor(at)),
    }
}
