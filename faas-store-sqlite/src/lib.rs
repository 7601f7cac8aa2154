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
//! One process owns a database, and in it one thread, the [`writer`], writes: it commits groups of
//! executions together with the sums that reports read. [`readers`] answer queries beside it, and a
//! [`checkpoint`] thread keeps the write-ahead log short. What is written is told by [`schema`] and
//! [`rows`], what is asked by [`reads`]. Only keys may be changed by others meanwhile: [`beside`].

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
