//! The MongoDB store of `faas-core`: several servers may share one database.
//!
//! ```no_run
//! use faas_store_mongo::MongoStore;
//!
//! # async fn open() -> Result<(), faas_core::error::StoreError> {
//! let store = MongoStore::open("mongodb://localhost:27017/s3-compute").await?;
//! # Ok(()) }
//! ```
//!
//! It relies on changes of single documents being atomic and on unique indexes, and on nothing more:
//! no transactions, no change streams, no joins. So it runs on single servers, replica sets, sharded
//! clusters and servers that speak the same protocol. Four things follow.
//!
//! - [`commit`](faas_core::store::Store::commit) is not atomic: when it fails, some of the writes may
//!   have been made. The same group can be tried again, and what was made then counts as done.
//! - An idempotency key is held by the execution itself, in a field with a unique index.
//! - A claim leaves a lease, so that several platforms may use one database: see
//!   [`SharedStore`](faas_core::store::SharedStore).
//! - The sums that reports read are made hour by hour, when nobody writes to the hour any more: see
//!   [`usage`].
//!
//! What is written is told by [`collections`] and [`documents`]; [`ids`] tells how ids of an earlier
//! system are read.

mod access;
mod bulk;
mod clients;
mod collections;
mod commit;
mod documents;
mod error;
mod executions;
mod functions;
mod ids;
mod key_value;
mod lists;
mod load_tests;
mod options;
mod parts;
mod period;
mod scaling;
mod schedules;
mod sharing;
mod store;
mod usage;
mod versions;

pub use options::MongoOptions;
pub use store::MongoStore;
