//! The SQLite store on real files.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share may fail them as well as they themselves"
)]

mod beside;
mod conformance;
mod damage;
mod disk;
mod kill;
mod open;
mod upgrade;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use faas_core::error::StoreError;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{Store, Write, Written};
use faas_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A folder of its own, and the database in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faas.db");
    (folder, path)
}

/// Opens a database that must open.
async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).await.unwrap()
}

/// Inserts one execution that has ended.
async fn insert_one(
    store: &dyn Store,
    fixtures: &mut Fixtures,
) -> Result<Vec<Written>, StoreError> {
    let function = fixtures.id();
    let execution = Arc::new(fixtures.ended(function));
    store.commit(&[Write::Insert(execution)]).await
}
