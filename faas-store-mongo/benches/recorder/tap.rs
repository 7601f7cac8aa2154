//! Counts what ends, and commits each write alone where it is told to.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::store::conformance::intercepted::Intercept;
use faas_core::store::{Store, Write, Written};
use tokio::sync::Notify;

pub(crate) struct Tap {
    is_alone: bool,
    ended: AtomicUsize,
    writes: AtomicUsize,
    commits: AtomicUsize,
    changed: Notify,
}

impl Tap {
    pub(crate) fn new(is_alone: bool) -> Self {
        Self {
            is_alone,
            ended: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// How many executions have ended.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// How many writes there were, in how many groups that the recorder made.
    pub(crate) fn commits(&self) -> (usize, usize) {
        let of = |number: &AtomicUsize| number.load(Ordering::SeqCst);
        (of(&self.writes), of(&self.commits))
    }

    pub(crate) async fn wait_for(&self, ended: usize) {
        while self.ended() < ended {
            self.changed.notified().await;
        }
    }

    fn count(&self, writes: &[Write], written: &[Written]) {
        let ends = |(write, written): &(&Write, &Written)| match write {
            Write::Insert(execution) | Write::Settle { execution, .. } => {
                execution.status.is_terminal() && **written == Written::Done
            }
            Write::Claim { .. } | Write::Fire { .. } | Write::Scaling(_) => false,
        };
        let ended = writes.iter().zip(written).filter(ends).count();
        self.writes.fetch_add(writes.len(), Ordering::SeqCst);
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.ended.fetch_add(ended, Ordering::SeqCst);
        self.changed.notify_one();
    }
}

#[async_trait]
impl Intercept for Tap {
    async fn commit(
        &self,
        store: &dyn Store,
        writes: &[Write],
    ) -> Result<Vec<Written>, StoreError> {
        let at_once = if self.is_alone {
            1
        } else {
            writes.len().max(1)
        };
        let mut all = Vec::with_capacity(writes.len());
        for some in writes.chunks(at_once) {
            all.extend(store.commit(some).await?);
        }
        self.count(writes, &all);
        Ok(all)
    }
}
