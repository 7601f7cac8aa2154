//! Keys and the audit log.

use std::collections::BTreeMap;

use super::super::{AuditQuery, KeyUse, StoreError};
use crate::model::{ApiKey, AuditEntry, AuditId, KeyId, Timestamp};

/// How many entries of the audit log are kept: the newest.
const MOST_ENTRIES: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Access {
    keys: BTreeMap<KeyId, ApiKey>,
    audit: BTreeMap<AuditId, AuditEntry>,
}

impl Access {
    pub(super) fn insert_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        if self.keys.contains_key(&key.id) {
            return Err(StoreError::Conflict("key id"));
        }
        let mut usable = self.keys.values().filter(|one| one.revoked_at.is_none());
        if usable.any(|one| one.name == key.name) {
            return Err(StoreError::Conflict("key name"));
        }
        self.keys.insert(key.id, key.clone());
        Ok(())
    }

    pub(super) fn keys(&self) -> Vec<ApiKey> {
        self.keys.values().rev().cloned().collect()
    }

    pub(super) fn revoke_key(&mut self, id: KeyId, at: Timestamp) -> bool {
        match self.keys.get_mut(&id) {
            Some(key) if key.revoked_at.is_none() => {
                key.revoked_at = Some(at);
                true
            }
            _ => false,
        }
    }

    pub(super) fn note_uses(&mut self, uses: &[KeyUse]) {
        for used in uses {
            if let Some(key) = self.keys.get_mut(&used.id) {
                key.last_used_at = key.last_used_at.max(Some(used.at));
            }
        }
    }

    pub(super) fn append(&mut self, entry: &AuditEntry) {
        self.audit.insert(entry.id, entry.clone());
        if self.audit.len() > MOST_ENTRIES {
            self.audit.pop_first();
        }
    }

    pub(super) fn audit(&self, query: &AuditQuery) -> Vec<AuditEntry> {
        let newest = self.audit.values().rev();
        newest
            .filter(|entry| query.before.is_none_or(|before| entry.id < before))
            .take(query.limit)
            .cloned()
            .collect()
    }

    pub(super) fn expire_audit(&mut self, before: Timestamp, limit: usize) -> usize {
        let old = self.audit.values().filter(|entry| entry.at < before);
        let old: Vec<_> = old.take(limit).map(|entry| entry.id).collect();
        for id in &old {
            self.audit.remove(id);
        }
        old.len()
    }
}
