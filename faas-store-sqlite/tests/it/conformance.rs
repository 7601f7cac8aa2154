//! What every store promises.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use faas_core::store::Store;
use faas_core::store::conformance::Fixture;
use faas_store_sqlite::SqliteStore;
use tempfile::TempDir;

struct Sqlite {
    store: Arc<SqliteStore>,
    path: PathBuf,
    /// Deleted with the fixture.
    _folder: TempDir,
}

#[async_trait]
impl Fixture for Sqlite {
    async fn empty() -> Self {
        let (folder, path) = super::folder();
        let store = Arc::new(super::open(&path).await);
        Self {
            store,
            path,
            _folder: folder,
        }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    async fn reopen(self) -> Option<Self> {
        self.store.close().await.unwrap();
        let store = Arc::new(super::open(&self.path).await);
        Some(Self { store, ..self })
    }
}

faas_core::store_conformance!(Sqlite);
faas_core::schedule_conformance!(Sqlite);
faas_core::key_value_conformance!(Sqlite);
