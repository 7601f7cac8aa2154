//! How a database is opened.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};
use faas_core::error::StoreError;

use crate::MongoStore;

/// How to open a database. What the URI itself says comes first.
#[derive(Debug, Clone)]
pub struct MongoOptions {
    pub(crate) pool: u32,
    pub(crate) server_selection_timeout: Duration,
    pub(crate) hour_lease: Duration,
    pub(crate) report_limit: u64,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for MongoOptions {
    fn default() -> Self {
        Self {
            pool: 32,
            server_selection_timeout: Duration::from_secs(5),
            hour_lease: Duration::from_secs(10 * 60),
            report_limit: 200_000,
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl MongoOptions {
    /// How many connections may be open to each server at most; 32 unless set. Calls beyond that
    /// wait.
    #[must_use]
    pub const fn pool(mut self, connections: u32) -> Self {
        self.pool = connections;
        self
    }

    /// How long to look for a server that can be reached before a call is
    /// [`StoreError::Unavailable`]; 5 s unless set.
    #[must_use]
    pub const fn server_selection_timeout(mut self, timeout: Duration) -> Self {
        self.server_selection_timeout = timeout;
        self
    }

    /// How long an hour's sums stay open for this store after a write to it; 10 minutes unless set.
    /// No commit may take half as long, and the clocks of all servers must agree to a tenth of it.
    #[must_use]
    pub const fn hour_lease(mut self, lease: Duration) -> Self {
        self.hour_lease = lease;
        self
    }

    /// How many executions a report adds up itself at most; 200,000 unless set.
    ///
    /// Reports are made of the sums of hours that are closed, and of the executions of hours that are
    /// not closed yet. When there are more of those than that, as after an import of many executions,
    /// a report is made of what it has added up until then, and a warning is logged. Hours are closed
    /// in the background, so the same report is complete later.
    #[must_use]
    pub const fn report_limit(mut self, executions: u64) -> Self {
        self.report_limit = executions;
        self
    }

    /// Where the store takes the time from; the system's clock unless set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the database that `uri` names: `mongodb://[user:password@]host[:port][,…][/name]`, with
    /// the name `s3-compute` unless given. Makes the indexes that are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no server can be reached, [`StoreError::Unusable`] when the
    /// URI is none, the server refuses it, or a newer release has written to the database. None of
    /// them repeats the password.
    pub async fn open(self, uri: &str) -> Result<MongoStore, StoreError> {
        MongoStore::open_with(uri, self).await
    }
}
