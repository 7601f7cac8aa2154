//! The part of a store that keeps the keys and values of functions.

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use crate::model::{Json, Namespace, Timestamp};

/// Keeps keys with values in namespaces.
///
/// The store knows no time: each request has the current time. A key that has expired at that time
/// does not exist for any request, even if its entry is still stored. [`KeyValue::kv_expire`] removes
/// such entries.
///
/// Keys of a namespace are ordered by the bytes of their UTF-8 text. The store counts the entries and
/// the bytes of a namespace when it writes, so that limits need no scan. Entries that have expired
/// count until they are removed.
///
/// Run the tests of `key_value_conformance!` for each store that has this trait.
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// Returns the entry of a key.
    async fn kv_get(
        &self,
        namespace: &Namespace,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KvEntry>, StoreError>;

    /// Writes or deletes a key, if the condition of the write holds. The check and the write are one
    /// step, also for several servers on one store.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the write may have been made or not.
    async fn kv_write(&self, write: &KvWrite) -> Result<KvWritten, StoreError>;

    /// Returns keys without their values, in order.
    ///
    /// Looks at no more than `limit` entries. Those that have expired are left out, so a page may have
    /// fewer keys than `limit`, or none, although another page follows.
    async fn kv_list(&self, query: &KvQuery) -> Result<KvPage, StoreError>;

    /// Returns the namespaces that have entries, by name, from after `after` on.
    async fn kv_namespaces(
        &self,
        after: Option<&Namespace>,
        limit: usize,
    ) -> Result<Vec<KvNamespace>, StoreError>;

    /// Returns the counts of a namespace: zeros if it has no entries.
    async fn kv_namespace(&self, namespace: &Namespace) -> Result<KvNamespace, StoreError>;

    /// Removes up to `limit` entries that have expired at `now`, those that expired first first.
    /// Returns how many; fewer than `limit` means that none is left.
    async fn kv_expire(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Removes up to `limit` entries of a namespace. Returns how many; fewer than `limit` means that
    /// none is left.
    async fn kv_clear(&self, namespace: &Namespace, limit: usize) -> Result<usize, StoreError>;
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry {
    /// The value.
    pub value: Bytes,
    /// What the writer keeps with it.
    pub metadata: Option<Json>,
    /// When the key stops to exist; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl KvEntry {
    /// Returns the bytes that the entry counts for: of the key, the value and the metadata.
    pub fn bytes(&self, key: &str) -> u64 {
        let metadata = self.metadata.as_ref().map_or(0, Json::len);
        (key.len() + self.value.len() + metadata) as u64
    }

    /// Returns whether the entry has not expired at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

/// A write of a key.
#[derive(Debug, Clone)]
pub struct KvWrite {
    /// Where the key is.
    pub namespace: Namespace,
    /// The key.
    pub key: String,
    /// What the key has afterwards; `None` deletes it.
    pub entry: Option<KvEntry>,
    /// What the key must have before.
    pub condition: KvCondition,
    /// Whether [`KvWritten::Done`] has the previous entry.
    pub returns_previous: bool,
    /// The current time.
    pub now: Timestamp,
    /// The most entries that the namespace may have.
    pub max_keys: u64,
    /// The most bytes that the namespace may have.
    pub max_bytes: u64,
    /// The most namespaces that may have entries. It refuses a write that would add one more. Several
    /// servers that add namespaces at the same moment may exceed it by a few.
    pub max_namespaces: u64,
}

impl KvWrite {
    /// Returns whether the write may be made while the namespace has these counts, if it changes them
    /// by these. A write that adds nothing may always be made.
    pub fn fits(&self, (keys, bytes): (u64, u64), (more_keys, more_bytes): (i64, i64)) -> bool {
        let fits = |now: u64, more: i64, most: u64| {
            more <= 0 || now.saturating_add(more.unsigned_abs()) <= most
        };
        fits(keys, more_keys, self.max_keys) && fits(bytes, more_bytes, self.max_bytes)
    }

    /// Returns by how much the write changes the entries and the bytes of its namespace. `stored` is
    /// the number of bytes of the entry that is stored, expired or not.
    pub fn change(&self, stored: Option<u64>) -> (i64, i64) {
        let after = self.entry.as_ref().map(|entry| entry.bytes(&self.key));
        let count = |some: Option<u64>| i64::from(some.is_some());
        let bytes = |some: Option<u64>| i64::try_from(some.unwrap_or(0)).unwrap_or(i64::MAX);
        (count(after) - count(stored), bytes(after) - bytes(stored))
    }
}

/// What a key must have before a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvCondition {
    /// Anything or nothing.
    Always,
    /// No value.
    Absent,
    /// This value, byte by byte.
    Value(Bytes),
}

impl KvCondition {
    /// Returns whether the condition holds for this value.
    pub fn holds(&self, value: Option<&[u8]>) -> bool {
        match self {
            Self::Always => true,
            Self::Absent => value.is_none(),
            Self::Value(expected) => value == Some(&**expected),
        }
    }
}

/// The outcome of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvWritten {
    /// The write was made. Has the previous entry, if the write asked for it. For a delete the entry
    /// may also have been there no more.
    Done(Option<KvEntry>),
    /// The condition does not hold. Nothing has changed.
    Refused,
    /// The namespace would have too many entries or bytes. Nothing has changed.
    Full(KvNamespace),
    /// The namespace has no entries, and as many others as may have some have some. Nothing has
    /// changed.
    TooManyNamespaces,
    /// The write sets a key in the own namespace of a function that does not exist, or exists no more.
    /// Nothing has changed. A function that is deleted first and its namespace cleared afterwards
    /// leaves no entries, whatever is written meanwhile.
    NoFunction,
}

/// Which keys to list.
#[derive(Debug, Clone)]
pub struct KvQuery {
    /// Where the keys are.
    pub namespace: Namespace,
    /// What the keys begin with.
    pub prefix: String,
    /// After this key: [`KvPage::next`] of the page before.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// The current time.
    pub now: Timestamp,
}

impl KvQuery {
    /// Returns the first key that may be on the page, and whether that key itself is left out.
    pub fn start(&self) -> (&str, bool) {
        match &self.after {
            Some(after) if *after >= self.prefix => (after, true),
            _ => (&self.prefix, false),
        }
    }
}

/// A key in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvKey {
    /// The key.
    pub name: String,
    /// The length of the value in bytes.
    pub value_bytes: u64,
    /// What the writer keeps with it.
    pub metadata: Option<Json>,
    /// When the key stops to exist; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A page of a list of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KvPage {
    /// The keys.
    pub keys: Vec<KvKey>,
    /// What to ask the next page with; `None` if there is none.
    pub next: Option<String>,
}

impl KvPage {
    /// Makes a page of the first `limit + 1` keys from [`KvQuery::start`] on, which may go beyond the
    /// prefix.
    pub fn of(query: &KvQuery, found: impl IntoIterator<Item = KvKey>) -> Self {
        let mut page = Self::default();
        let mut last: Option<String> = None;
        for (place, key) in found.into_iter().enumerate() {
            if !key.name.starts_with(&query.prefix) {
                break;
            }
            if place >= query.limit {
                page.next = last;
                break;
            }
            last = Some(key.name.clone());
            if key.expires_at.is_none_or(|at| at > query.now) {
                page.keys.push(key);
            }
        }
        page
    }
}

/// A namespace and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvNamespace {
    /// The name.
    pub name: Namespace,
    /// The number of entries.
    pub keys: u64,
    /// The bytes of all keys, values and metadata.
    pub bytes: u64,
}
