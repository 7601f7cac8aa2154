//! Opens the selected store, for the server and for commands that run beside it.

use std::path::Path;
use std::sync::Arc;

use faas_core::error::StoreError;
use faas_core::store::{AccessStore, MemoryStore, SecretStore, Store};
use faas_store_mongo::MongoStore;
use faas_store_sqlite::{SqliteBeside, SqliteStore};

use crate::cli::Durability;
use crate::mongo_uri::MongoUri;
use crate::store_url::StoreUrl;

/// Opens the whole store.
///
/// # Errors
/// A one-line message.
pub(crate) async fn open(url: &StoreUrl, durability: Durability) -> Result<Arc<dyn Store>, String> {
    Ok(match url {
        StoreUrl::Memory => Arc::new(MemoryStore::new()),
        StoreUrl::Sqlite(path) => Arc::new(open_sqlite(url, path, durability).await?),
        StoreUrl::Mongo(uri) => Arc::new(open_mongo(url, uri, durability).await?),
    })
}

/// Whether the store exists. A database server reports this when it is opened.
pub(crate) fn is_there(url: &StoreUrl) -> bool {
    match url {
        StoreUrl::Sqlite(path) => path.exists(),
        StoreUrl::Memory | StoreUrl::Mongo(_) => true,
    }
}

/// Fails if the store does not exist.
///
/// # Errors
/// A one-line message.
pub(crate) fn expect_there(url: &StoreUrl) -> Result<(), String> {
    if is_there(url) {
        return Ok(());
    }
    Err(format!(
        "{url} does not exist: run this command in the server's folder, or pass --store"
    ))
}

/// Opens the keys and the audit log, possibly while a server uses the store.
///
/// # Errors
/// A one-line message.
pub(crate) async fn open_keys(url: &StoreUrl) -> Result<Arc<dyn AccessStore>, String> {
    Ok(match url {
        StoreUrl::Memory => {
            return Err(
                "memory: exists only inside the server: create its keys through the API (POST /api/keys)"
                    .to_owned(),
            );
        }
        StoreUrl::Sqlite(path) => Arc::new(open_beside(url, path).await?),
        StoreUrl::Mongo(uri) => Arc::new(open_mongo(url, uri, Durability::Full).await?),
    })
}

/// Opens the functions and their secrets, possibly while a server uses the store.
///
/// # Errors
/// A one-line message.
pub(crate) async fn open_secrets(url: &StoreUrl) -> Result<Arc<dyn SecretStore>, String> {
    Ok(match url {
        StoreUrl::Memory => {
            return Err("memory: exists only inside the server, and so do its secrets".to_owned());
        }
        StoreUrl::Sqlite(path) => Arc::new(open_beside(url, path).await?),
        StoreUrl::Mongo(uri) => Arc::new(open_mongo(url, uri, Durability::Full).await?),
    })
}

async fn open_beside(url: &StoreUrl, path: &Path) -> Result<SqliteBeside, String> {
    make_folder_of(path)?;
    let opened = SqliteStore::open_beside(path).await;
    opened.map_err(|error| format!("cannot open {url}: {}", chain(&error)))
}

async fn open_sqlite(
    url: &StoreUrl,
    path: &Path,
    durability: Durability,
) -> Result<SqliteStore, String> {
    make_folder_of(path)?;
    let durability = match durability {
        Durability::Commit => faas_store_sqlite::Durability::Commit,
        Durability::Full => faas_store_sqlite::Durability::Full,
    };
    SqliteStore::options()
        .durability(durability)
        .open(path)
        .await
        .map_err(|error| format!("cannot open {url}: {}", chain(&error)))
}

async fn open_mongo(
    url: &StoreUrl,
    uri: &MongoUri,
    durability: Durability,
) -> Result<MongoStore, String> {
    let uri = match durability {
        Durability::Commit => uri.clone(),
        Durability::Full => uri.journaled(),
    };
    let opened = MongoStore::open(uri.expose()).await;
    opened.map_err(|error| match error {
        // The cause names the database.
        StoreError::Unavailable(cause) => {
            format!("{cause}. Is the server running, and are its host and port right?")
        }
        error => format!("cannot open {url}: {}", chain(&error)),
    })
}

fn make_folder_of(path: &Path) -> Result<(), String> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    // Only this user may read the data.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|error| {
        format!(
            "cannot create the data folder {}: {error}",
            folder.display()
        )
    })
}

/// An error with its causes, without repetitions.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
