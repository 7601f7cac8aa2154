//! Access to a database that a server may be using.
//!
//! One process owns a database, but you can create and revoke keys and reseal secrets while a server
//! runs. This module opens a second connection. It changes only the tables of keys and the audit log,
//! which the owner does not cache, and the secrets of functions together with their time of change,
//! by which the owner notices the change. SQLite lets one connection write at a time.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use faas_core::error::StoreError;
use faas_core::model::{ApiKey, AuditEntry, Function, FunctionId, KeyId, Timestamp};
use faas_core::store::{AccessStore, AuditQuery, KeyUse, SecretStore};
use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, unavailable};
use crate::options::SqliteOptions;
use crate::reads::functions;
use crate::rows::{access, function};
use crate::store::{lock, name_path};
use crate::{SqliteStore, schema};

/// The keys, the audit log and the secrets of a database that another process may own.
#[derive(Debug)]
pub struct SqliteBeside {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the keys and secrets of the database at `path`, whether a server uses it or not. Creates
    /// the database if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unusable`], with a message of one line, when the file is not a database or not of
    /// this release.
    pub async fn open_beside(path: impl AsRef<Path>) -> Result<SqliteBeside, StoreError> {
        let path = path.as_ref().to_owned();
        blocking(move || open(&path).map_err(|error| name_path(&path, error.into()))).await
    }
}

fn open(path: &Path) -> Result<SqliteBeside, Error> {
    if !path.exists() {
        // This creates the file with access for this user only.
        drop(lock(path)?);
    }
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(SqliteOptions::default().busy_timeout)?;
    if !schema::is_current(&connection)? {
        // No other process may have it open while its tables change.
        let lock = lock(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        schema::migrate(&mut connection)?;
        drop(lock);
    }
    Ok(SqliteBeside {
        connection: Arc::new(Mutex::new(connection)),
    })
}

impl SqliteBeside {
    async fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        blocking(move || {
            let mut connection = connection.lock();
            let run = |connection: &mut Connection| -> Result<T, Error> {
                let behaviour = TransactionBehavior::Immediate;
                let transaction = connection.transaction_with_behavior(behaviour)?;
                let done = work(&transaction)?;
                transaction.commit()?;
                Ok(done)
            };
            run(&mut connection).map_err(StoreError::from)
        })
        .await
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(unavailable("the thread that used the database panicked")))
}

#[async_trait]
impl AccessStore for SqliteBeside {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.within(move |db| access::insert_key(db, &key)).await
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.within(access::keys).await
    }

    async fn revoke_key(&self, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
        self.within(move |db| access::revoke_key(db, id, at)).await
    }

    async fn note_key_uses(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        let uses = uses.to_vec();
        self.within(move |db| access::note_key_uses(db, &uses))
            .await
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let entry = entry.clone();
        self.within(move |db| access::append_audit(db, &entry))
            .await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let query = *query;
        self.within(move |db| access::audit(db, &query)).await
    }

    async fn expire_audit(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.within(move |db| access::expire_audit(db, before, limit))
            .await
    }
}

#[async_trait]
impl SecretStore for SqliteBeside {
    async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, StoreError> {
        self.within(functions::sealed).await
    }

    async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, StoreError> {
        self.within(move |db| functions::version_within(db, id, version))
            .await
    }

    async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let function = function.clone();
        let replaced =
            self.within(move |db| function::replace_environment(db, &function, expected));
        if replaced.await? {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }
}
