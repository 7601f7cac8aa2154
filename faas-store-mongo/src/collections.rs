//! The collections and their indexes.
//!
//! Missing indexes are created at start. Each index costs every write, so each has a reason.

use std::time::Duration;

use faas_core::clock::Clock;
use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};

use crate::documents::integer;
use crate::error::{self, Error};

pub(crate) const FUNCTIONS: &str = "functions";
/// Replaced versions of functions.
pub(crate) const FUNCTION_VERSIONS: &str = "functionversions";
pub(crate) const EXECUTIONS: &str = "executions";
pub(crate) const SCALING_EVENTS: &str = "scalingevents";
pub(crate) const LOAD_TESTS: &str = "loadtests";
/// Schedules of functions.
pub(crate) const SCHEDULES: &str = "schedules";
pub(crate) const API_KEYS: &str = "apikeys";
pub(crate) const AUDIT: &str = "audit";
/// Labels and metered code of deleted functions, apart from `functions` so that other programs that
/// read that collection do not see them.
pub(crate) const DELETED_FUNCTIONS: &str = "deletedfunctions";
/// Sums by hour.
pub(crate) const HOURS: &str = "usagehours";
/// Sums by day, of closed hours.
pub(crate) const DAYS: &str = "usagedays";
/// Sums by month, of closed days.
pub(crate) const MONTHS: &str = "usagemonths";
/// Keys and values of functions.
pub(crate) const KV_ENTRIES: &str = "kventries";
/// The namespaces that have entries, and what they have.
pub(crate) const KV_NAMESPACES: &str = "kvnamespaces";
/// One document for each thing that there is one of.
pub(crate) const STATE: &str = "faasstate";

/// How often it is logged that an index is still being built.
const PROGRESS: Duration = Duration::from_secs(10);

/// Handles to the collections.
#[derive(Debug, Clone)]
pub(crate) struct Collections {
    pub(crate) functions: Collection<Document>,
    pub(crate) function_versions: Collection<Document>,
    pub(crate) deleted_functions: Collection<Document>,
    pub(crate) executions: Collection<Document>,
    pub(crate) scaling_events: Collection<Document>,
    pub(crate) load_tests: Collection<Document>,
    pub(crate) schedules: Collection<Document>,
    pub(crate) api_keys: Collection<Document>,
    pub(crate) audit: Collection<Document>,
    pub(crate) hours: Collection<Document>,
    pub(crate) days: Collection<Document>,
    pub(crate) months: Collection<Document>,
    pub(crate) kv_entries: Collection<Document>,
    pub(crate) kv_namespaces: Collection<Document>,
    pub(crate) state: Collection<Document>,
}

impl Collections {
    pub(crate) fn new(database: &Database) -> Self {
        Self {
            functions: database.collection(FUNCTIONS),
            function_versions: database.collection(FUNCTION_VERSIONS),
            deleted_functions: database.collection(DELETED_FUNCTIONS),
            executions: database.collection(EXECUTIONS),
            scaling_events: database.collection(SCALING_EVENTS),
            load_tests: database.collection(LOAD_TESTS),
            schedules: database.collection(SCHEDULES),
            api_keys: database.collection(API_KEYS),
            audit: database.collection(AUDIT),
            hours: database.collection(HOURS),
            days: database.collection(DAYS),
            months: database.collection(MONTHS),
            kv_entries: database.collection(KV_ENTRIES),
            kv_namespaces: database.collection(KV_NAMESPACES),
            state: database.collection(STATE),
        }
    }

    /// Creates the indexes that are missing.
    pub(crate) async fn make_indexes(&self, clock: &dyn Clock) -> Result<(), Error> {
        self.make_function_indexes(clock).await?;
        let executions = [
            // A key gives one execution. Sparse: only those that hold a key are in it.
            unique(doc! { "keySlot": 1 }).sparse(),
            // Of the executions with a singleton key, one that has not ended. Sparse: only those.
            unique(doc! { "singletonSlot": 1 }).sparse(),
            // A function's list, newest first, and its pages; ids sort by time.
            plain(doc! { "functionId": 1, "_id": -1 }),
            // What is unfinished, the failed ones, and how many are pending.
            plain(doc! { "status": 1, "_id": -1 }),
            // What is pending and due, and what runs and whose lease has ended, longest first.
            // Sparse: only those with that status are in it, so the others are not looked at.
            plain(doc! { "waitsSince": 1 }).sparse(),
            plain(doc! { "leaseEnds": 1 }).sparse(),
            // The executions of an open hour, of a period, and those that expire.
            plain(doc! { "createdAt": 1 }),
            // The same questions about what an earlier system wrote, which kept no other time; and
            // what reads the database beside this store.
            plain(doc! { "functionId": 1, "startTime": -1 }),
            plain(doc! { "status": 1, "startTime": -1 }),
            plain(doc! { "startTime": -1 }),
        ];
        make(&self.executions, executions.into(), clock).await?;
        drop_replaced(&self.executions).await?;
        // A period's events, newest first.
        let events = [plain(doc! { "timestamp": -1 })];
        make(&self.scaling_events, events.into(), clock).await?;
        // A function's load tests, newest first.
        let tests = [plain(doc! { "functionId": 1, "_id": -1 })];
        make(&self.load_tests, tests.into(), clock).await?;
        let schedules = [
            // A function has each name once.
            unique(doc! { "functionId": 1, "name": 1 }),
            // The earliest ones.
            plain(doc! { "wakesAt": 1 }),
        ];
        make(&self.schedules, schedules.into(), clock).await?;
        // A name is one key's. Sparse: those that are revoked hold none.
        let keys = [unique(doc! { "nameSlot": 1 }).sparse()];
        make(&self.api_keys, keys.into(), clock).await?;
        // Those that expire.
        make(&self.audit, vec![plain(doc! { "at": 1 })], clock).await?;
        // Those that expire. Sparse: the others have no such field.
        let expiring = [plain(doc! { "expires": 1 }).sparse()];
        make(&self.kv_entries, expiring.into(), clock).await?;
        let hours = [
            // Those to be closed.
            plain(doc! { "closed": 1, "openUntil": 1 }),
            // Those whose expiry was broken off.
            plain(doc! { "isExpiring": 1 }),
        ];
        make(&self.hours, hours.into(), clock).await?;
        for spans in [&self.days, &self.months] {
            // Those to be closed: nearly none, and all others are large.
            make(spans, vec![plain(doc! { "closed": 1, "_id": 1 })], clock).await?;
        }
        Ok(())
    }

    async fn make_function_indexes(&self, clock: &dyn Clock) -> Result<(), Error> {
        // The active ones, newest first, for what reads the database beside this store.
        let listed = plain(doc! { "status": 1, "createdAt": -1 });
        make(&self.functions, vec![listed], clock).await?;
        let versions = [
            // The versions of one function.
            plain(doc! { "functionId": 1, "version": -1 }),
            // Those that were replaced long ago.
            plain(doc! { "replacedAt": 1 }),
        ];
        make(&self.function_versions, versions.into(), clock).await?;
        // Two functions created at once must not share a name.
        match make(&self.functions, vec![unique(doc! { "name": 1 })], clock).await {
            Err(error) if error.is_duplicate() => {
                tracing::warn!(
                    "some functions share a name, so there is no unique index on names: rename them; until then two functions created at the same time may share a name"
                );
                Ok(())
            }
            made => made,
        }
    }
}

/// Creates those of these indexes that are missing. An existing index on the same fields counts, under
/// any name. Logs its progress if there are documents, because building an index then takes long.
async fn make(
    collection: &Collection<Document>,
    indexes: Vec<Index>,
    clock: &dyn Clock,
) -> Result<(), Error> {
    let there = indexes_of(collection).await?;
    let is_missing = |index: &Index| !there.iter().any(|one| same(&one.keys, &index.keys));
    let missing: Vec<_> = indexes.into_iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (name, of) = (collection.name(), missing.len());
    let documents = collection.estimated_document_count().await.unwrap_or(0);
    for (number, index) in (1..).zip(missing) {
        let keys = index.keys.to_string();
        if documents > 0 {
            tracing::info!(
                collection = name,
                keys,
                documents,
                "building index {number} of {of}"
            );
        }
        let started = clock.monotonic();
        let seconds = || clock.monotonic().saturating_sub(started).as_secs();
        let mut build = std::pin::pin!(collection.create_index(index.model()).into_future());
        loop {
            tokio::select! {
                built = &mut build => {
                    built?;
                    break;
                }
                () = clock.sleep(PROGRESS) => tracing::info!(
                    collection = name,
                    keys,
                    seconds = seconds(),
                    "still building index {number} of {of}"
                ),
            }
        }
        if documents > 0 {
            let seconds = seconds();
            tracing::info!(
                collection = name,
                keys,
                seconds,
                "built index {number} of {of}"
            );
        }
    }
    Ok(())
}

/// Drops the index that earlier releases had in place of `{status, _id}`. It was unique, which made
/// writes slow on some servers.
async fn drop_replaced(executions: &Collection<Document>) -> Result<(), Error> {
    let replaced = doc! { "status": 1, "_id": -1, "attempt": 1 };
    for index in indexes_of(executions).await? {
        let name = index.options.and_then(|options| options.name);
        if let Some(name) = name.filter(|_| same(&index.keys, &replaced)) {
            tracing::info!(index = name, "dropping an index of an earlier release");
            match executions.drop_index(name).await {
                // Another server has dropped it.
                Err(error) if error::code(&error) == Some(error::INDEX_NOT_FOUND) => {}
                dropped => dropped?,
            }
        }
    }
    Ok(())
}

async fn indexes_of(collection: &Collection<Document>) -> Result<Vec<IndexModel>, Error> {
    match collection.list_indexes().await {
        Ok(found) => Ok(found.try_collect().await?),
        // There is no collection yet.
        Err(error) if error::code(&error) == Some(error::NAMESPACE_NOT_FOUND) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Whether these are the same fields in the same order and directions, whatever the type of number.
fn same(one: &Document, other: &Document) -> bool {
    let plain = |keys: &Document| -> Vec<(String, i64)> {
        let keys = keys.iter();
        keys.map(|(name, direction)| (name.clone(), integer(direction).unwrap_or(0)))
            .collect()
    };
    plain(one) == plain(other)
}

struct Index {
    keys: Document,
    options: IndexOptions,
}

fn plain(keys: Document) -> Index {
    Index {
        keys,
        options: IndexOptions::default(),
    }
}

fn unique(keys: Document) -> Index {
    let mut index = plain(keys);
    index.options.unique = Some(true);
    index
}

impl Index {
    fn sparse(mut self) -> Self {
        self.options.sparse = Some(true);
        self
    }

    fn model(self) -> IndexModel {
        IndexModel::builder()
            .keys(self.keys)
            .options(self.options)
            .build()
    }
}
