//! The thread that writes.
//!
//! Owns the writing connection and runs one job after the other. Groups of executions that were
//! queued while it was busy are committed together. The queue is bounded: a sender waits while it is
//! full.

mod commit;
mod expire;
mod functions;
mod load_tests;
mod schedules;
mod usage;
mod versions;

use std::collections::HashMap;
use std::fs::File;
use std::thread::{self, JoinHandle};

use faas_core::error::StoreError;
use faas_core::model::FunctionId;
use faas_core::store::{Write, Written};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::Checkpointer;
use crate::error::{Error, closed, unavailable};
use crate::rows::function_key;
use crate::state::Figures;

/// The maximum number of queued jobs.
const QUEUE: usize = 256;

/// The maximum number of writes that are committed together, unless one group has more.
const MERGED_WRITES: usize = 4_096;

/// The sender of jobs.
#[derive(Debug)]
pub(crate) struct WriterHandle {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Commit(Group),
    Call(Box<dyn FnOnce(&mut Writer) + Send>),
    Stop(oneshot::Sender<()>),
}

struct Group {
    writes: Vec<Write>,
    reply: oneshot::Sender<Result<Vec<Written>, StoreError>>,
}

/// The state of the thread. Fields are dropped in this order: the lock on the file is released last.
pub(crate) struct Writer {
    checkpointer: Checkpointer,
    connection: Connection,
    state: Figures,
    /// The cached numbers of functions.
    numbers: HashMap<FunctionId, i64>,
    _lock: File,
}

impl WriterHandle {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        checkpointer: Checkpointer,
        lock: File,
    ) -> Result<Self, Error> {
        let writer = Writer {
            state: Figures::load(&connection)?,
            checkpointer,
            connection,
            numbers: HashMap::new(),
            _lock: lock,
        };
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("faas-store".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| Error::Store(unavailable(error.to_string())))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Commits `writes` as one group.
    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit(Group { writes, reply })).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `change` in its own transaction, which is rolled back if it fails.
    pub(crate) async fn change<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = move |writer: &mut Writer| {
            let result = writer.transact(change).map_err(StoreError::from);
            // The caller may have stopped waiting for the result.
            let _ = reply.send(result);
        };
        self.send(Job::Call(Box::new(call))).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Finishes the queued jobs and releases the file.
    pub(crate) async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        if self.send(Job::Stop(reply)).await.is_ok() {
            // An error means that the thread has already stopped.
            let _ = stopped.await;
        }
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())
    }
}

impl Drop for WriterHandle {
    /// Waits for the queued jobs, so that the file can be opened again.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread panicked");
        }
    }
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| queue.blocking_recv()) {
            match job {
                Job::Commit(group) => {
                    let (groups, other) = gather(group, &mut queue);
                    next = other;
                    self.commit_groups(groups);
                }
                Job::Call(call) => call(&mut self),
                Job::Stop(stopped) => {
                    drop(self);
                    // The caller may have stopped waiting.
                    let _ = stopped.send(());
                    return;
                }
            }
            self.checkpointer.after_commit(&self.connection);
        }
    }

    /// Runs `work` in a transaction. If it or the commit fails, nothing changes.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.state;
        let result = self.try_transact(work);
        if result.is_err() {
            self.state = before;
            self.numbers.clear();
            if !self.connection.is_autocommit()
                && let Err(error) = self.connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "rollback failed");
            }
        }
        result
    }

    fn try_transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.state;
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        let value = work(self)?;
        if self.state != before {
            self.state.save(&self.connection)?;
        }
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(value)
    }

    /// The connection, for changes that do not affect cached state.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Rewrites existing data, to check that the database is writable.
    pub(crate) fn probe(&mut self) -> Result<(), Error> {
        self.state.save(&self.connection)
    }

    /// The number of a function, which is assigned at its first use.
    fn number(&mut self, function: FunctionId) -> Result<i64, Error> {
        if let Some(no) = self.numbers.get(&function) {
            return Ok(*no);
        }
        let key = function_key(function);
        let mut find = self
            .connection
            .prepare_cached("SELECT no FROM function_numbers WHERE id = ?")?;
        let no = match find.query_row([key], |row| row.get(0)).optional()? {
            Some(no) => no,
            None => self
                .connection
                .prepare_cached("INSERT INTO function_numbers (id) VALUES (?) RETURNING no")?
                .query_row([key], |row| row.get(0))?,
        };
        self.numbers.insert(function, no);
        Ok(no)
    }
}

/// Takes the groups queued after `first`, and the first job of another kind.
fn gather(first: Group, queue: &mut mpsc::Receiver<Job>) -> (Vec<Group>, Option<Job>) {
    let mut count = first.writes.len();
    let mut groups = vec![first];
    while count < MERGED_WRITES {
        match queue.try_recv() {
            Ok(Job::Commit(group)) => {
                count += group.writes.len();
                groups.push(group);
            }
            Ok(other) => return (groups, Some(other)),
            Err(_) => break,
        }
    }
    (groups, None)
}
