//! The collections and their indexes.
//!
//! All indexes are made at start, where they are missing. Each one costs every write, so each has a
//! reason.

use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};

use crate::error::Error;

pub(crate) const FUNCTIONS: &str = "functions";
pub(crate) const EXECUTIONS: &str = "executions";
pub(crate) const SCALING_EVENTS: &str = "scalingevents";
/// Labels and metered code of deleted functions: what reads `functions` should not meet them.
pub(crate) const DELETED_FUNCTIONS: &str = "deletedfunctions";
/// Sums by hour.
pub(crate) const HOURS: &str = "usagehours";
/// One document for each thing that there is one of.
pub(crate) const STATE: &str = "faasstate";

/// Handles to the collections.
#[derive(Debug, Clone)]
pub(crate) struct Collections {
    pub(crate) functions: Collection<Document>,
    pub(crate) deleted_functions: Collection<Document>,
    pub(crate) executions: Collection<Document>,
    pub(crate) scaling_events: Collection<Document>,
    pub(crate) hours: Collection<Document>,
    pub(crate) state: Collection<Document>,
}

impl Collections {
    pub(crate) fn new(database: &Database) -> Self {
        Self {
            functions: database.collection(FUNCTIONS),
            deleted_functions: database.collection(DELETED_FUNCTIONS),
            executions: database.collection(EXECUTIONS),
            scaling_events: database.collection(SCALING_EVENTS),
            hours: database.collection(HOURS),
            state: database.collection(STATE),
        }
    }

    /// Makes the indexes that are missing.
    pub(crate) async fn make_indexes(&self) -> Result<(), Error> {
        self.make_function_indexes().await?;
        self.executions
            .create_indexes(
                [
                    // A key gives one execution. Sparse: only those that hold a key are in it.
                    unique(doc! { "keySlot": 1 }).sparse(),
                    // A function's list, newest first, and its pages; ids sort by time.
                    plain(doc! { "functionId": 1, "_id": -1 }),
                    // What recovery takes up, the failed ones, and how many are pending.
                    plain(doc! { "status": 1, "_id": -1 }),
                    // The executions of an open hour, of a period, and those that expire.
                    plain(doc! { "createdAt": 1 }),
                    // The same questions about what an earlier system wrote, which kept no other time;
                    // and what reads the database beside this store.
                    plain(doc! { "functionId": 1, "startTime": -1 }),
                    plain(doc! { "status": 1, "startTime": -1 }),
                    plain(doc! { "startTime": -1 }),
                ]
                .map(Index::model),
            )
            .await?;
        self.scaling_events
            // A period's events, newest first.
            .create_index(plain(doc! { "timestamp": -1 }).model())
            .await?;
        // Hours to be closed, and those whose expiry was broken off.
        self.hours
            .create_indexes([
                plain(doc! { "closed": 1, "openUntil": 1 }).model(),
                plain(doc! { "isExpiring": 1 }).model(),
            ])
            .await?;
        Ok(())
    }

    async fn make_function_indexes(&self) -> Result<(), Error> {
        // The active ones, newest first, for what reads the database beside this store.
        let listed = plain(doc! { "status": 1, "createdAt": -1 });
        self.functions.create_index(listed.model()).await?;
        // Two functions created at once must not share a name.
        let by_name = unique(doc! { "name": 1 });
        let made = self.functions.create_index(by_name.model()).await;
        match made.map_err(Error::from) {
            Ok(_) => Ok(()),
            Err(error) if error.is_duplicate() => {
                tracing::warn!(
                    "some functions share a name: until they are renamed, new ones are only checked before they are stored"
                );
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
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
