//! Keeps the write-ahead log short without delaying commits.
//!
//! Copying the log into the database waits for the disk, for milliseconds. A thread with its own
//! connection copies the log while commits continue, so it never copies all of it. SQLite can reuse
//! the log only when all of it is copied. So the writer copies the rest itself when the log has grown
//! large. A commit rarely waits, and the size of the log is bounded.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};

use crate::error::Error;
use crate::options::{Durability, SqliteOptions};

/// The thread copies the log when it has grown by this many pages: 4 MiB.
const STEP: i32 = 1_000;

/// The writer copies the rest when the log has this many pages: 64 MiB.
const LARGE: i32 = 16_000;

/// The writer first waits for the thread when the log has this many pages: 128 MiB. The log grows
/// this large only if the disk is slower than the commits or a query reads for a long time.
const LIMIT: i32 = 32_000;

/// The part that the writer uses.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    /// Pages in the log after the latest commit.
    pages: Arc<AtomicI32>,
    /// Pages in the log when the thread was last woken.
    seen: i32,
    under_way: bool,
    wake: Option<SyncSender<()>>,
    /// The thread's messages that it is done.
    copied: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Replaces SQLite's automatic checkpoints on `writer`.
    pub(crate) fn start(
        path: &Path,
        options: &SqliteOptions,
        writer: &mut Connection,
    ) -> Result<Self, Error> {
        let pages = Arc::new(AtomicI32::new(0));
        let seen = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count| {
            seen.store(count, Ordering::Relaxed);
            Ok(())
        }))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        set_durability(&connection, options.durability)?;
        let (wake, woken) = sync_channel(1);
        let (done, copied) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("faas-checkpoint".to_owned())
            .spawn(move || {
                while let Ok(()) = woken.recv() {
                    checkpoint(&connection);
                    if done.send(()).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| Error::Store(crate::error::unavailable(error.to_string())))?;
        Ok(Self {
            pages,
            seen: 0,
            under_way: false,
            wake: Some(wake),
            copied,
            thread: Some(thread),
        })
    }

    /// Called by the writer between commits.
    pub(crate) fn after_commit(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.under_way {
            let copied = if pages < LIMIT {
                self.copied.try_recv()
            } else {
                self.copied.recv().map_err(TryRecvError::from)
            };
            if copied == Err(TryRecvError::Empty) {
                return;
            }
            self.under_way = false;
            if pages >= LARGE {
                checkpoint(writer);
            }
        }
        // SQLite has started the log again if it is shorter than before.
        if pages < self.seen {
            self.seen = 0;
        }
        if pages - self.seen >= STEP
            && let Some(wake) = &self.wake
        {
            self.under_way = wake.try_send(()).is_ok();
            self.seen = pages;
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

/// Sets when commits wait for the disk.
pub(crate) fn set_durability(
    connection: &Connection,
    durability: Durability,
) -> Result<(), rusqlite::Error> {
    let level = match durability {
        Durability::Commit => "NORMAL",
        Durability::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", level)
}

/// Copies as much as possible. A failed copy is retried at the next threshold; the log keeps
/// everything until then.
fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
        tracing::warn!(%error, "checkpoint failed");
    }
}
