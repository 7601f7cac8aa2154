//! The store on real files.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share may fail them as well as they themselves"
)]

mod conformance;
mod open;

use std::path::{Path, PathBuf};

use faas_custom_store::JournalStore;
use tempfile::TempDir;

/// A folder of its own, and the journal in it.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faas.journal");
    (folder, path)
}

/// Opens a journal that must open.
async fn open(path: &Path) -> JournalStore {
    JournalStore::open(path).await.unwrap()
}
