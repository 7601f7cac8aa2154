//! Keeps the write-ahead log short without holding up commits.
//!
//! Copying the log into the database and waiting for the disk takes milliseconds. A thread with a
//! connection of its own does that while commits go on; the writer then copies the few pages that
//! were added meanwhile, so that the log can begin anew and stays bounded under constant load.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};

use crate::error::Error;
use crate::options::{Durability, SqliteOptions};

/// Pages in the log from which on it is copied: 4 MiB.
const THRESHOLD: i32 = 1_000;

/// Pages in the log from which on the writer waits for the thread: 64 MiB. Only a disk that is
/// slower than the commits, or a query that reads for long, lets it grow so far.
const LIMIT: i32 = 16_000;

/// The writer's end.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    /// Pages in the log after the latest commit.
    pages: Arc<AtomicI32>,
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
            if copied != Err(TryRecvError::Empty) {
                self.under_way = false;
                checkpoint(writer);
            }
        } else if pages >= THRESHOLD
            && let Some(wake) = &self.wake
        {
            self.under_way = wake.try_send(()).is_ok();
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
