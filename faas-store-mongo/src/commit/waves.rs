//! Splits a group into waves, within which the order of writes does not matter.

use std::collections::HashMap;

use faas_core::model::{Execution, ExecutionId, FunctionId, ScalingEvent, Schedule};
use faas_core::store::{Lease, Stage, Write};

/// Writes that can be applied in any order, each with its index in the group.
#[derive(Debug, Default)]
pub(super) struct Wave<'a> {
    pub(super) inserts: Vec<(usize, &'a Execution)>,
    pub(super) updates: Vec<(usize, Update<'a>)>,
    pub(super) fires: Vec<(usize, &'a Execution, &'a Schedule)>,
    pub(super) events: Vec<(usize, &'a ScalingEvent)>,
}

/// A write of an existing execution.
#[derive(Debug, Clone, Copy)]
pub(super) enum Update<'a> {
    Claim {
        id: ExecutionId,
        attempt: u32,
        lease: &'a Lease,
    },
    Settle {
        execution: &'a Execution,
        from: Stage,
    },
}

impl Update<'_> {
    pub(super) const fn id(&self) -> ExecutionId {
        match self {
            Self::Claim { id, .. } => *id,
            Self::Settle { execution, .. } => execution.id,
        }
    }
}

/// Puts each write into the first wave after the earlier writes of the same execution or key.
pub(super) fn cut(writes: &[Write]) -> Vec<Wave<'_>> {
    let mut waves: Vec<Wave<'_>> = Vec::new();
    // The first wave without a write of the same execution or key.
    let mut executions = HashMap::<ExecutionId, usize>::new();
    let mut keys = HashMap::<(FunctionId, &str), usize>::new();
    let mut singletons = HashMap::<(FunctionId, &str), usize>::new();
    for (place, write) in writes.iter().enumerate() {
        let id = match write {
            Write::Insert(execution) | Write::Fire { execution, .. } => Some(execution.id),
            Write::Claim { id, .. } => Some(*id),
            Write::Settle { execution, .. } => Some(execution.id),
            Write::Scaling(_) => None,
        };
        let key = match write {
            Write::Insert(execution) => execution
                .idempotency_key
                .as_deref()
                .map(|key| (execution.function_id, key)),
            _ => None,
        };
        let singleton = match write {
            Write::Insert(execution) | Write::Settle { execution, .. } => execution
                .queueing
                .singleton_key
                .as_deref()
                .map(|key| (execution.function_id, key)),
            _ => None,
        };
        let after_execution = id.and_then(|id| executions.get(&id).copied());
        let after_key = key.and_then(|key| keys.get(&key).copied());
        let after_singleton = singleton.and_then(|key| singletons.get(&key).copied());
        let number = after_execution.max(after_key).max(after_singleton);
        let number = number.unwrap_or(0);
        if let Some(id) = id {
            executions.insert(id, number + 1);
        }
        if let Some(key) = key {
            keys.insert(key, number + 1);
        }
        if let Some(key) = singleton {
            singletons.insert(key, number + 1);
        }
        while waves.len() <= number {
            waves.push(Wave::default());
        }
        let Some(wave) = waves.get_mut(number) else {
            continue;
        };
        match write {
            Write::Insert(execution) => wave.inserts.push((place, execution)),
            Write::Claim { id, attempt, lease } => {
                let (id, attempt) = (*id, *attempt);
                wave.updates
                    .push((place, Update::Claim { id, attempt, lease }));
            }
            Write::Settle { execution, from } => {
                let from = *from;
                wave.updates
                    .push((place, Update::Settle { execution, from }));
            }
            Write::Fire {
                execution,
                schedule,
            } => wave.fires.push((place, execution, schedule)),
            Write::Scaling(event) => wave.events.push((place, event)),
        }
    }
    waves
}
