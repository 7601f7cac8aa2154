//! Opening what can and what cannot be opened.

use std::fs;

use faas_core::error::StoreError;
use faas_core::store::Store;
use faas_core::store::conformance::fixtures::Fixtures;
use faas_store_sqlite::SqliteStore;
use rusqlite::Connection;

use super::{folder, insert_one, open};

/// Opening `path` fails for good, with one line that says `why` and which file.
async fn refuse(path: &std::path::Path, why: &str) {
    let error = SqliteStore::open(path).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    let line = error.to_string();
    assert!(line.contains(why), "{line}");
    assert!(line.contains(&path.display().to_string()), "{line}");
    assert!(!line.contains('\n'), "{line}");
}

#[tokio::test]
async fn missing_folders_are_made() {
    let (folder, _) = folder();
    let path = folder.path().join("a/b/c.db");
    let store = open(&path).await;
    assert_eq!(store.describe(), format!("sqlite:{}", path.display()));
    assert!(path.exists());
}

#[tokio::test]
async fn a_second_store_on_the_same_file_is_refused_until_the_first_is_closed() {
    let (_folder, path) = folder();
    let first = open(&path).await;
    refuse(&path, "another process uses it").await;
    first.close().await.unwrap();
    let second = open(&path).await;
    // Dropped without being closed, it lets go of the file just as well.
    drop(second);
    open(&path).await;
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_and_left_as_it_is() {
    let (_folder, path) = folder();
    open(&path).await.close().await.unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    raw.close().unwrap();
    refuse(&path, "schema version 99, written by a newer release").await;
    let raw = Connection::open(&path).unwrap();
    let version: i64 = raw
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let (_folder, path) = folder();
    let text = "this is no database, and long enough to be looked at. ".repeat(100);
    fs::write(&path, &text).unwrap();
    refuse(&path, "not a database").await;
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn another_applications_database_is_refused_and_left_as_it_is() {
    let (_folder, path) = folder();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("CREATE TABLE theirs (x)").unwrap();
    raw.close().unwrap();
    refuse(&path, "another application").await;
    let raw = Connection::open(&path).unwrap();
    let tables: i64 = raw
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_refused() {
    let (folder, _) = folder();
    // A file where the folder should be: not even root can write there.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    refuse(&file.join("faas.db"), "cannot create its folder").await;
    // A folder where the file should be.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    let error = SqliteStore::open(&taken).await.unwrap_err().to_string();
    assert!(error.contains("taken"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_may_not_be_written_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, _) = folder();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        // Root may write anywhere but in the kernel's own folders.
        refuse("/proc/faas/faas.db".as_ref(), "cannot create its folder").await;
        refuse("/proc/faas.db".as_ref(), "cannot write to its folder").await;
        return;
    }
    refuse(&locked.join("faas.db"), "cannot write to its folder").await;
}

#[tokio::test]
async fn a_corrupt_page_makes_the_store_unusable_and_not_the_process() {
    let (_folder, path) = folder();
    let store = open(&path).await;
    let mut fixtures = Fixtures::new();
    for _ in 0..2_000 {
        insert_one(&store, &mut fixtures).await.unwrap();
    }
    store.close().await.unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // All but the first pages, which tell what the file is and have the roots of the tables.
    for byte in bytes.iter_mut().skip(4_096 * 64).step_by(7) {
        *byte ^= 0x5a;
    }
    fs::write(&path, bytes).unwrap();
    let store = open(&path).await;
    let query = faas_core::store::ExecutionQuery {
        limit: usize::MAX,
        ..faas_core::store::ExecutionQuery::default()
    };
    let error = store.executions(&query).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn dropping_the_store_finishes_what_was_sent() {
    let (_folder, path) = folder();
    let mut fixtures = Fixtures::new();
    for round in 1..=10 {
        let store = open(&path).await;
        insert_one(&store, &mut fixtures).await.unwrap();
        drop(store);
        let totals = open(&path).await.totals().await.unwrap();
        assert_eq!(totals.completed + totals.failed, round);
    }
}
