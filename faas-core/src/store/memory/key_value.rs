//! Keys and values of functions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::super::{KvEntry, KvKey, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten};
use crate::model::{Namespace, Timestamp};

#[derive(Debug, Default)]
pub(super) struct Namespaces {
    by_name: BTreeMap<Namespace, Entries>,
    /// The entries that expire.
    expiring: BTreeSet<(Timestamp, Namespace, String)>,
}

#[derive(Debug, Default)]
struct Entries {
    entries: BTreeMap<String, KvEntry>,
    bytes: u64,
}

impl Namespaces {
    pub(super) fn get(&self, namespace: &Namespace, key: &str, now: Timestamp) -> Option<KvEntry> {
        let entry = self.by_name.get(namespace)?.entries.get(key)?;
        entry.is_alive(now).then(|| entry.clone())
    }

    /// `has_function` tells whether the function exists whose own namespace it is.
    pub(super) fn write(&mut self, write: &KvWrite, has_function: bool) -> KvWritten {
        let counts = self.counts(&write.namespace);
        let entries = self.by_name.get(&write.namespace);
        let stored = entries.and_then(|all| all.entries.get(&write.key));
        let stored_bytes = stored.map(|entry| entry.bytes(&write.key));
        let previous = stored.filter(|entry| entry.is_alive(write.now)).cloned();
        let value = previous.as_ref().map(|entry| &*entry.value);
        if !write.condition.holds(value) {
            return KvWritten::Refused;
        }
        if write.entry.is_some() && !has_function {
            return KvWritten::NoFunction;
        }
        if !write.fits((counts.keys, counts.bytes), write.change(stored_bytes)) {
            return KvWritten::Full(counts);
        }
        let is_new = write.entry.is_some() && counts.keys == 0;
        if is_new && self.by_name.len() as u64 >= write.max_namespaces {
            return KvWritten::TooManyNamespaces;
        }
        self.remove(&write.namespace, &write.key);
        if let Some(entry) = &write.entry {
            if let Some(at) = entry.expires_at {
                let key = (at, write.namespace.clone(), write.key.clone());
                self.expiring.insert(key);
            }
            let entries = self.by_name.entry(write.namespace.clone()).or_default();
            entries.bytes += entry.bytes(&write.key);
            entries.entries.insert(write.key.clone(), entry.clone());
        }
        KvWritten::Done(previous.filter(|_| write.returns_previous))
    }

    pub(super) fn list(&self, query: &KvQuery) -> KvPage {
        let Some(entries) = self.by_name.get(&query.namespace) else {
            return KvPage::default();
        };
        let (start, is_left_out) = query.start();
        let start = if is_left_out {
            Bound::Excluded(start)
        } else {
            Bound::Included(start)
        };
        let found = entries.entries.range::<str, _>((start, Bound::Unbounded));
        let found = found.map(|(name, entry)| KvKey {
            name: name.clone(),
            value_bytes: entry.value.len() as u64,
            metadata: entry.metadata.clone(),
            expires_at: entry.expires_at,
        });
        KvPage::of(query, found.take(query.limit.saturating_add(1)))
    }

    pub(super) fn namespaces(&self, after: Option<&Namespace>, limit: usize) -> Vec<KvNamespace> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.by_name.range((start, Bound::Unbounded)).take(limit);
        found.map(|(name, _)| self.counts(name)).collect()
    }

    pub(super) fn counts(&self, name: &Namespace) -> KvNamespace {
        let entries = self.by_name.get(name);
        KvNamespace {
            name: name.clone(),
            keys: entries.map_or(0, |all| all.entries.len() as u64),
            bytes: entries.map_or(0, |all| all.bytes),
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp, limit: usize) -> usize {
        let expired = self.expiring.iter().take_while(|(at, ..)| *at <= now);
        let expired: Vec<_> = expired.take(limit).cloned().collect();
        for (_, namespace, key) in &expired {
            self.remove(namespace, key);
        }
        expired.len()
    }

    pub(super) fn clear(&mut self, namespace: &Namespace, limit: usize) -> usize {
        let keys = self.by_name.get(namespace).into_iter();
        let keys = keys.flat_map(|all| all.entries.keys());
        let keys: Vec<_> = keys.take(limit).cloned().collect();
        for key in &keys {
            self.remove(namespace, key);
        }
        keys.len()
    }

    fn remove(&mut self, namespace: &Namespace, key: &str) {
        let Some(entries) = self.by_name.get_mut(namespace) else {
            return;
        };
        let Some(entry) = entries.entries.remove(key) else {
            return;
        };
        entries.bytes -= entry.bytes(key);
        if entries.entries.is_empty() {
            self.by_name.remove(namespace);
        }
        if let Some(at) = entry.expires_at {
            let place = (at, namespace.clone(), key.to_owned());
            self.expiring.remove(&place);
        }
    }
}
