//! The SQLite store of `faas-core`: one file, the embedded default.
//!
//! ```no_run
//! use faas_store_sqlite::{Durability, SqliteStore};
//!
//! # async fn open() -> Result<(), faas_core::error::StoreError> {
//! let store = SqliteStore::open("data/faas.db").await?;
//! let safer = SqliteStore::options().durability(Durability::Full).open("other.db").await?;
//! # Ok(()) }
//! ```
//!
//! One process owns a database. One thread of it, the [`writer`], writes: it commits groups of
//! executions together with the sums for reports. [`readers`] run queries at the same time, and a
//! [`checkpoint`] thread keeps the write-ahead log short. [`schema`] and [`rows`] define the tables,
//! [`reads`] the queries. Another process may change keys at the same time: [`beside`].
//!
//! # Using another SQLite crate
//!
//! A program can link SQLite only once: Cargo allows one version of `libsqlite3-sys`
//! (`links = "sqlite3"`). This crate works with `rusqlite` 0.41 to 0.43, so that a host with a
//! `rusqlite` in this range shares it. A host with another version, or with a version of `sqlx` that
//! needs another `libsqlite3-sys`, cannot be built together with this crate: use another store, or
//! one process for each.
//!
//! The default feature `bundled` compiles SQLite from source. Turn it off
//! (`default-features = false`) to link the SQLite of the system, or the one that the host's own
//! dependency provides. It must be SQLite 3.37 or newer, since the tables are `STRICT`.

mod beside;
mod checkpoint;
mod error;
mod options;
mod readers;
mod reads;
mod rows;
mod schema;
mod state;
mod store;
mod writer;

pub use beside::SqliteBeside;
pub use options::{Durability, SqliteOptions};
pub use store::SqliteStore;
