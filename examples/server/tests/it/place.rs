//! The persistent stores that servers of the tests use.

use std::path::Path;

use tempfile::TempDir;

use super::running::Server;

/// A working folder, and a store that is initially empty. You can start one server after another in
/// it.
pub(crate) struct Place {
    folder: TempDir,
    store: String,
}

impl Place {
    /// A database in a file.
    pub(crate) fn sqlite() -> Self {
        Self::with_store("sqlite:./data/faas.db".to_owned())
    }

    /// A database on the MongoDB server of the tests; `None` without such a server.
    pub(crate) fn mongodb() -> Option<Self> {
        new_mongodb().map(Self::with_store)
    }

    pub(crate) fn with_store(store: String) -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder, store }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The store, as `--store` takes it.
    pub(crate) fn url(&self) -> &str {
        &self.store
    }

    /// Writes settings that only the file can have.
    pub(crate) fn configure(&self, file: &str) {
        std::fs::write(self.folder().join("faas.toml"), file).unwrap();
    }

    pub(crate) fn start(&self, args: &[&str]) -> Server {
        let args = [&["--store", &self.store], args].concat();
        Server::start(self.folder(), &args)
    }
}

/// The URI of a new MongoDB database; `None` without a server.
pub(crate) fn new_mongodb() -> Option<String> {
    faas_mongo_testserver::new_database(env!("CARGO_TARGET_TMPDIR"))
}

/// Generates one test for each kind of store from each function that takes a [`Place`].
macro_rules! on_every_store {
    ($($promise:ident),* $(,)?) => {
        mod on_sqlite {
            use $crate::place::Place;
            $(#[test] fn $promise() { super::$promise(&Place::sqlite()); })*
        }

        mod on_mongodb {
            use $crate::place::Place;
            $(#[test] fn $promise() { if let Some(place) = Place::mongodb() { super::$promise(&place); } })*
        }
    };
}

pub(crate) use on_every_store;
