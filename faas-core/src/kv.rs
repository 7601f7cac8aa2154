//! Keys and values: the operations on a namespace, with their limits.
//!
//! Functions use them through their binding (`config.kv`), hosts through
//! [`Platform::kv`](crate::Platform::kv). Both have the same limits, and a change is durable when its
//! operation returns.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::clock::Clock;
use crate::error::{Conflict, Error, Resource, StoreError};
use crate::model::{Json, KvLimits, Namespace, Timestamp};
use crate::store::{
    KeyValue, KvCondition, KvEntry, KvNamespace, KvPage, KvQuery, KvWrite, KvWritten, Store,
};

/// How many expired entries are removed at most when a namespace is full.
const EXPIRE: usize = 1_000;
/// How many entries are removed at a time when a namespace is deleted.
const CLEAR: usize = 1_000;

/// A namespace of keys and values.
///
/// ```
/// use faas_core::Platform;
/// use faas_core::kv::KvOptions;
///
/// # async fn start() -> Result<(), faas_core::Error> {
/// # let platform = Platform::builder().build().await?;
/// let orders = platform.kv("orders")?;
/// orders.put("42", "shipped", KvOptions::default()).await?;
/// let entry = orders.get("42").await?;
/// assert_eq!(entry.unwrap().value, "shipped");
/// // Only one of several that do this at the same time gets `true`.
/// let expected = Some("shipped".into());
/// let is_set = orders.compare_and_set("42", expected, "returned", KvOptions::default()).await?;
/// assert!(is_set);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Kv {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: KvLimits,
    namespace: Namespace,
}

/// What a write keeps with a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KvOptions {
    /// When the key stops to exist; `None`: never.
    pub expiry: Option<KvExpiry>,
    /// JSON for lists, of at most [`KvLimits::MAX_METADATA`] bytes.
    pub metadata: Option<Json>,
}

impl KvOptions {
    /// Lets the key expire after this time.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.expiry = Some(KvExpiry::After(ttl));
        self
    }

    /// Lets the key expire at this moment.
    #[must_use]
    pub const fn expires_at(mut self, at: Timestamp) -> Self {
        self.expiry = Some(KvExpiry::At(at));
        self
    }

    /// Keeps this JSON with the value.
    #[must_use]
    pub fn metadata(mut self, metadata: Json) -> Self {
        self.metadata = Some(metadata);
        self
    }
}

/// When a key stops to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvExpiry {
    /// So long after the write.
    After(Duration),
    /// At this moment, which must be in the future.
    At(Timestamp),
}

/// Why an operation on keys and values failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KvError {
    /// The key is empty or too long.
    #[error("{0}")]
    Key(String),
    /// The value is too large.
    #[error("{0}")]
    ValueTooLarge(String),
    /// The metadata is too large.
    #[error("{0}")]
    MetadataTooLarge(String),
    /// Another argument is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The namespace has no room for the value, or there are too many namespaces.
    #[error("{0}")]
    Full(String),
    /// The function whose own namespace it is does not exist.
    #[error("the function of this namespace does not exist: it takes no keys")]
    NoFunction,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KvError {
    /// A stable name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "ERR_KV_KEY",
            Self::ValueTooLarge(_) => "ERR_KV_VALUE_TOO_LARGE",
            Self::MetadataTooLarge(_) => "ERR_KV_METADATA_TOO_LARGE",
            Self::Invalid(_) => "ERR_INVALID_ARGUMENT",
            Self::Full(_) => "ERR_KV_FULL",
            Self::NoFunction => "ERR_KV_NO_FUNCTION",
            Self::Store(_) => "ERR_KV_UNAVAILABLE",
        }
    }
}

impl From<KvError> for Error {
    fn from(error: KvError) -> Self {
        match error {
            KvError::Key(text) | KvError::Invalid(text) => Self::Invalid(text),
            KvError::ValueTooLarge(text) | KvError::MetadataTooLarge(text) => Self::TooLarge(text),
            KvError::Full(text) => Self::Conflict(Conflict::NamespaceFull(text)),
            KvError::NoFunction => Self::NotFound(Resource::Function),
            KvError::Store(error) => error.into(),
        }
    }
}

impl Kv {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: KvLimits,
        namespace: Namespace,
    ) -> Self {
        Self {
            store,
            clock,
            limits,
            namespace,
        }
    }

    /// The name of the namespace.
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Returns the value of a key and what is kept with it.
    ///
    /// # Errors
    /// For an empty or too long key, and when the store fails.
    pub async fn get(&self, key: &str) -> Result<Option<KvEntry>, KvError> {
        check_key(key)?;
        let now = self.clock.now();
        Ok(self.kv()?.kv_get(&self.namespace, key, now).await?)
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// When a limit is met or the store fails.
    pub async fn put(
        &self,
        key: &str,
        value: impl Into<Bytes>,
        options: KvOptions,
    ) -> Result<(), KvError> {
        let entry = self.entry(value.into(), options)?;
        let write = self.begin(key, Some(entry))?;
        self.write(write).await.map(drop)
    }

    /// Deletes a key. It may be there or not.
    ///
    /// # Errors
    /// For an empty or too long key, and when the store fails.
    pub async fn delete(&self, key: &str) -> Result<(), KvError> {
        let write = self.begin(key, None)?;
        self.write(write).await.map(drop)
    }

    /// Sets the value of a key and returns the one that it had, in one step.
    ///
    /// # Errors
    /// When a limit is met or the store fails.
    pub async fn get_and_set(
        &self,
        key: &str,
        value: impl Into<Bytes>,
        options: KvOptions,
    ) -> Result<Option<KvEntry>, KvError> {
        let entry = self.entry(value.into(), options)?;
        let mut write = self.begin(key, Some(entry))?;
        write.returns_previous = true;
        match self.write(write).await? {
            KvWritten::Done(previous) => Ok(previous),
            _ => Ok(None),
        }
    }

    /// Sets the value of a key if it has the `expected` value, byte by byte; `None` expects that the
    /// key has none. The check and the change are one step, also for several servers on one store.
    /// Returns whether the value was set.
    ///
    /// # Errors
    /// When a limit is met or the store fails.
    pub async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<Bytes>,
        value: impl Into<Bytes>,
        options: KvOptions,
    ) -> Result<bool, KvError> {
        let entry = self.entry(value.into(), options)?;
        self.compare_and_write(key, expected, Some(entry)).await
    }

    /// Deletes a key if it has the `expected` value. Returns whether it was deleted.
    ///
    /// # Errors
    /// For an empty or too long key, and when the store fails.
    pub async fn compare_and_delete(&self, key: &str, expected: Bytes) -> Result<bool, KvError> {
        self.compare_and_write(key, Some(expected), None).await
    }

    async fn compare_and_write(
        &self,
        key: &str,
        expected: Option<Bytes>,
        entry: Option<KvEntry>,
    ) -> Result<bool, KvError> {
        let mut write = self.begin(key, entry)?;
        write.condition = expected.map_or(KvCondition::Absent, KvCondition::Value);
        Ok(matches!(self.write(write).await?, KvWritten::Done(_)))
    }

    /// Lists keys that begin with `prefix`, in the order of their bytes. `after` is
    /// [`KvPage::next`] of the page before. A page may have fewer keys than `limit`, or none, although
    /// another one follows.
    ///
    /// # Errors
    /// When `limit` is 0 or above [`KvLimits::MAX_PAGE`], and when the store fails.
    pub async fn list(
        &self,
        prefix: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<KvPage, KvError> {
        let most = KvLimits::MAX_PAGE;
        if limit == 0 || limit > most {
            return Err(KvError::Invalid(format!(
                "limit is {limit}: expected 1 to {most}"
            )));
        }
        let longest = KvLimits::MAX_KEY;
        if prefix.len() > longest || after.as_ref().is_some_and(|after| after.len() > longest) {
            return Err(KvError::Key(format!(
                "a prefix and a cursor have at most {longest} bytes"
            )));
        }
        let query = KvQuery {
            namespace: self.namespace.clone(),
            prefix: prefix.to_owned(),
            after,
            limit,
            now: self.clock.now(),
        };
        Ok(self.kv()?.kv_list(&query).await?)
    }

    /// How many entries and bytes the namespace has. Entries that have expired count until they are
    /// removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn counts(&self) -> Result<KvNamespace, KvError> {
        Ok(self.kv()?.kv_namespace(&self.namespace).await?)
    }

    /// Removes all keys, in batches. Returns how many. Keys that are written meanwhile may stay.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clear(&self) -> Result<u64, KvError> {
        let mut removed = 0;
        loop {
            let gone = self.kv()?.kv_clear(&self.namespace, CLEAR).await?;
            removed += gone as u64;
            if gone < CLEAR {
                return Ok(removed);
            }
        }
    }

    fn kv(&self) -> Result<&dyn KeyValue, KvError> {
        key_value(&*self.store)
    }

    fn entry(&self, value: Bytes, options: KvOptions) -> Result<KvEntry, KvError> {
        let (size, most) = (value.len(), self.limits.max_value);
        if size > most {
            return Err(KvError::ValueTooLarge(format!(
                "the value has {size} bytes: at most {most} are accepted"
            )));
        }
        let (size, most) = (
            options.metadata.as_ref().map_or(0, Json::len),
            KvLimits::MAX_METADATA,
        );
        if size > most {
            return Err(KvError::MetadataTooLarge(format!(
                "the metadata has {size} bytes of JSON: at most {most} are accepted"
            )));
        }
        let now = self.clock.now();
        let expires_at = match options.expiry {
            None => None,
            Some(KvExpiry::At(at)) => Some(at),
            Some(KvExpiry::After(ttl)) => Some(now + ttl),
        };
        if expires_at.is_some_and(|at| at <= now) {
            return Err(KvError::Invalid(
                "the expiration must be in the future".to_owned(),
            ));
        }
        Ok(KvEntry {
            value,
            metadata: options.metadata,
            expires_at,
        })
    }

    fn begin(&self, key: &str, entry: Option<KvEntry>) -> Result<KvWrite, KvError> {
        check_key(key)?;
        Ok(KvWrite {
            namespace: self.namespace.clone(),
            key: key.to_owned(),
            entry,
            condition: KvCondition::Always,
            returns_previous: false,
            now: self.clock.now(),
            max_keys: self.limits.max_keys,
            max_bytes: self.limits.max_bytes,
            max_namespaces: self.limits.max_namespaces,
        })
    }

    /// Makes a write. If there is no room, removes what has expired and tries again.
    async fn write(&self, write: KvWrite) -> Result<KvWritten, KvError> {
        let kv = self.kv()?;
        let mut written = kv.kv_write(&write).await?;
        if matches!(written, KvWritten::Full(_) | KvWritten::TooManyNamespaces) {
            kv.kv_expire(write.now, EXPIRE).await?;
            written = kv.kv_write(&write).await?;
        }
        match written {
            KvWritten::Full(counts) => Err(KvError::Full(format!(
                "the namespace {} is full: it has {} keys and {} bytes, and may have {} keys and {} \
                 bytes",
                counts.name, counts.keys, counts.bytes, write.max_keys, write.max_bytes
            ))),
            KvWritten::TooManyNamespaces => Err(KvError::Full(format!(
                "{} namespaces have keys, and no more may have some: delete the keys of one",
                write.max_namespaces
            ))),
            KvWritten::NoFunction => Err(KvError::NoFunction),
            written => Ok(written),
        }
    }
}

impl fmt::Debug for Kv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kv").field(&self.namespace.as_str()).finish()
    }
}

/// The part of the store that keeps keys and values.
pub(crate) fn key_value(store: &dyn Store) -> Result<&dyn KeyValue, KvError> {
    store.as_key_value().ok_or_else(|| {
        KvError::Invalid(format!(
            "the store {} keeps no keys and values",
            store.describe()
        ))
    })
}

fn check_key(key: &str) -> Result<(), KvError> {
    let (size, most) = (key.len(), KvLimits::MAX_KEY);
    if key.is_empty() {
        return Err(KvError::Key("the key is empty".to_owned()));
    }
    if size > most {
        return Err(KvError::Key(format!(
            "the key has {size} bytes of UTF-8: at most {most} are accepted"
        )));
    }
    Ok(())
}
