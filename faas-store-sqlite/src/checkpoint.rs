//! Keeps the write-ahead log short without holding up commits.
//!
//! Copying the log into the database waits for the disk, for milliseconds. A thread with a
//! connection of its own does that while commits go on. Since they do, it never copies quite all,
//! and the log can only begin anew once all is copied: so the writer copies the rest itself, but
//! only when the log has grown large. A commit then rarely waits, and the log stays bounded.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};

use crate::error::Error;
use crate::options::{Durability, SqliteOptions};

/// So many pages more in the log have the thread copy it: 4 MiB.
const STEP: i32 = 1_000;

/// Pages in the log from which on the writer copies the rest: 64 MiB.
const LARGE: i32 = 16_000;

/// Pages in the log from which on the writer waits for the thread first: 128 MiB. Only a disk that
/// is slower than the commits, or a query that reads for long, lets it grow so far.
const LIMIT: i32 = 32_000;

/// The writer's end.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    /// Pages in the log after the latest commit.
    pages: Arc<AtomicI32>,
    /// What of it was there when the thread was last woken.
    seen: i32,
    under_way: bool,
    wake: Option<SyncSender<()>>,
    /// What the thread says when it is done.
    copied: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Takes over from SQLite's own checkpoints on `writer`.
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
        // A log that is shorter than before has begun anew.
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

/// Copies what it can. What fails now is tried again at the next threshold; the log keeps all.
fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
        tracing::warn!(%error, "checkpoint failed");
    }
}
