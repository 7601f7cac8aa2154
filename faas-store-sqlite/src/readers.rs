//! The connections that run queries.
//!
//! Owns a fixed number of read-only connections. Each runs one query at a time, on the runtime's
//! threads for blocking work. Further queries wait.

use std::path::Path;
use std::sync::Arc;

use faas_core::error::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::error::{Error, closed, unavailable};
use crate::options::SqliteOptions;

/// The number of prepared statements that a connection caches.
pub(crate) const STATEMENTS: usize = 64;

#[derive(Debug)]
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    /// One permit for each connection in `idle`.
    permits: Arc<Semaphore>,
    count: u32,
}

/// A connection that is returned to the pool even if its query panics.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().push(connection);
        }
    }
}

impl Readers {
    /// Opens the connections. The database must have the schema of this release.
    pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        let count = options.readers.clamp(1, 256);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |_| -> Result<Connection, Error> {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(options.busy_timeout)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(connection)
        };
        let idle = (0..count).map(open).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            idle: Arc::new(Mutex::new(idle)),
            permits: Arc::new(Semaphore::new(count)),
            count: u32::try_from(count).unwrap_or(1),
        })
    }

    /// Runs `query` on one of the connections.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|_| closed())?;
        let idle = Arc::clone(&self.idle);
        let run = tokio::task::spawn_blocking(move || {
            let connection = idle.lock().pop();
            let lent = Lent { connection, idle };
            let answer = match &lent.connection {
                Some(connection) => query(connection).map_err(StoreError::from),
                None => Err(closed()),
            };
            // The connection is returned before the permit.
            drop(lent);
            drop(permit);
            answer
        });
        run.await
            .unwrap_or_else(|_| Err(unavailable("the thread that ran a query panicked")))
    }

    /// Waits for running queries and closes the connections. Later queries are refused.
    pub(crate) async fn close(&self) {
        let all = self.permits.acquire_many(self.count).await;
        self.permits.close();
        drop(all);
        self.idle.lock().clear();
    }
}
