//! Keys that are changed beside the process that owns the database.

use std::sync::Arc;

use faas_core::error::StoreError;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_core::store::{AccessStore, Store};
use faas_store_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{folder, insert_one, open};

#[tokio::test]
async fn what_is_changed_on_one_side_shows_on_the_other_while_executions_are_written() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    let owner = Arc::new(open(&path).await);
    let beside = SqliteStore::open_beside(&path).await.unwrap();
    let mut expected = Vec::new();
    for round in 0..20 {
        insert_one(&*owner, &mut fixtures).await.unwrap();
        let key = fixtures.key(&format!("key {round}"));
        let (one, other): (&dyn AccessStore, &dyn AccessStore) = if round % 2 == 0 {
            (&beside, &*owner)
        } else {
            (&*owner, &beside)
        };
        one.insert_key(&key).await.unwrap();
        expected.insert(0, key.clone());
        assert_eq!(other.keys().await.unwrap(), expected);
        let taken = other.insert_key(&fixtures.key(&key.name)).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
        assert!(other.revoke_key(key.id, fixtures.now).await.unwrap());
        assert!(!one.revoke_key(key.id, fixtures.now).await.unwrap());
        expected[0].revoked_at = Some(fixtures.now);
    }
    let totals = owner.totals().await.unwrap();
    assert_eq!(totals.completed + totals.failed, 20);
    owner.close().await.unwrap();
    assert_eq!(beside.keys().await.unwrap(), expected);
}

#[tokio::test]
async fn keys_can_be_made_before_there_is_a_database_and_nobody_is_kept_from_it() {
    let (folder, path) = folder();
    let path = path.with_file_name("new/faas.db");
    let key = Fixtures::new().key("first");
    let beside = SqliteStore::open_beside(&path).await.unwrap();
    beside.insert_key(&key).await.unwrap();
    let owner = open(&path).await;
    assert_eq!(owner.keys().await.unwrap(), [key]);
    drop(folder);
}

#[tokio::test]
async fn a_database_that_is_not_of_this_release_is_left_alone_while_somebody_owns_it() {
    let (_folder, path) = folder();
    let owner = open(&path).await;
    let raw = Connection::open(&path).unwrap();
    for (version, why) in [(2, "another process uses it"), (99, "another process")] {
        raw.pragma_update(None, "user_version", version).unwrap();
        let error = SqliteStore::open_beside(&path)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(why) && error.contains("faas.db"), "{error}");
    }
    owner.close().await.unwrap();
    let error = SqliteStore::open_beside(&path)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("newer release"), "{error}");
}

#[tokio::test]
#[cfg(unix)]
async fn nobody_else_may_read_a_new_database_nor_the_files_beside_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("data");
    let store = SqliteStore::open(below.join("faas.db")).await.unwrap();
    store.ping().await.unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&below), 0o700);
    let files = std::fs::read_dir(&below).unwrap();
    let modes: Vec<_> = files.map(|file| mode(&file.unwrap().path())).collect();
    assert!(modes.len() > 2, "{modes:?}");
    assert!(modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}
