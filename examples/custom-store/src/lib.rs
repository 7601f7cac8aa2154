//! A store of the host's own: everything in memory, every change in a journal file.
//!
//! It is here to be read, beside `docs/writing-a-store.md`, which walks through it. Read [`store`]
//! first: what a call does. Then [`change`]: what a line of the journal says; [`records`]: how the
//! model is written in it; [`journal`]: how a line is whole or not there.
//!
//! It passes the whole conformance suite, and it is good for few functions and small histories, in
//! one process. Nothing is ever compacted: the file grows with every change, and each start reads
//! all of it. All that it holds is in memory. It survives the end of the process, however that
//! comes; it does not wait for the disk, so losing power may lose the latest changes.
//!
//! ```
//! use faas_core::Platform;
//! use faas_custom_store::JournalStore;
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("faas.journal");
//! let platform = Platform::builder().store(JournalStore::open(path).await?).build().await?;
//! # platform.shutdown().await;
//! # Ok(()) }
//! ```

mod change;
mod journal;
mod records;
mod store;

pub use store::JournalStore;

/// Has the code of the guide compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-store.md")]
struct Guide;
