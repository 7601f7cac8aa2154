//! Bounded resources that partitions share: connections, and decoders with large windows.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// How many of a resource there may be.
#[derive(Debug)]
pub(crate) struct Quota {
    total: usize,
    per_partition: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    total: usize,
    /// Partitions that use none are not in it.
    by_partition: HashMap<Arc<str>, usize>,
}

/// Whose bound is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Server,
    Partition,
}

impl Quota {
    pub(crate) fn new(total: usize, per_partition: usize) -> Arc<Self> {
        Arc::new(Self {
            total,
            per_partition,
            used: Mutex::default(),
        })
    }

    /// Takes one, until the permit is dropped.
    pub(crate) fn take(self: &Arc<Self>, partition: &Arc<str>) -> Result<Permit, Exhausted> {
        let mut used = self.used.lock();
        let own = used.by_partition.get(partition).copied().unwrap_or(0);
        if own >= self.per_partition {
            return Err(Exhausted::Partition);
        }
        if used.total >= self.total {
            return Err(Exhausted::Server);
        }
        used.total += 1;
        used.by_partition.insert(partition.clone(), own + 1);
        Ok(Permit {
            quota: self.clone(),
            partition: partition.clone(),
        })
    }
}

/// One of a resource.
#[derive(Debug)]
pub(crate) struct Permit {
    quota: Arc<Quota>,
    partition: Arc<str>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut used = self.quota.used.lock();
        used.total -= 1;
        match used.by_partition.get_mut(&self.partition) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                used.by_partition.remove(&self.partition);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_cannot_take_what_is_left_for_others() {
        let quota = Quota::new(3, 2);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let first = quota.take(&a).unwrap();
        let _second = quota.take(&a).unwrap();
        assert_eq!(quota.take(&a).unwrap_err(), Exhausted::Partition);
        let _third = quota.take(&b).unwrap();
        assert_eq!(quota.take(&b).unwrap_err(), Exhausted::Server);
        drop(first);
        drop(quota.take(&b).unwrap());
        assert_eq!(quota.used.lock().total, 2);
    }
}
