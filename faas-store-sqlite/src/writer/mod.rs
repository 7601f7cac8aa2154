//! The one thread that writes.
//!
//! Owns the writing connection and carries out one job after the other. Groups of executions that
//! queued up while it was busy are committed together. Its queue is bounded: whoever sends to a
//! full one waits.

mod commit;
mod expire;
mod functions;
mod load_tests;
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

/// Jobs that may wait.
const QUEUE: usize = 256;

/// Writes that are committed together at most, unless one group alone has more.
const MERGED_WRITES: usize = 4_096;

/// The sending end.
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

/// What lives on the thread. Fields are dropped in this order: the lock on the file goes last.
pub(crate) struct Writer {
    checkpointer: Checkpointer,
    connection: Connection,
    state: Figures,
    /// Numbers of functions that were looked up before.
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

    /// Runs `change` in a transaction of its own, which is rolled back when it fails.
    pub(crate) async fn change<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<T, Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = move |writer: &mut Writer| {
            let result = writer.transact(change).map_err(StoreError::from);
            // Whoever no longer waits for the answer does not need it.
            let _ = reply.send(result);
        };
        self.send(Job::Call(Box::new(call))).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Finishes the jobs before this one and lets go of the file.
    pub(crate) async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        if self.send(Job::Stop(reply)).await.is_ok() {
            // An error means that it stopped for another reason.
            let _ = stopped.await;
        }
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())
    }
}

impl Drop for WriterHandle {
    /// Waits for the jobs that are queued, so that the file can be opened again afterwards.
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
                    // Whoever asked may have given up waiting.
                    let _ = stopped.send(());
                    return;
                }
            }
            self.checkpointer.after_commit(&self.connection);
        }
    }

    /// Runs `work` in a transaction. When it or the commit fails, nothing is changed.
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
                tracing::error!(%error, "roll-back failed");
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

    /// The connection, for changes that nothing is kept of here.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Writes what is there already, to see whether it can be written.
    pub(crate) fn probe(&mut self) -> Result<(), Error> {
        self.state.save(&self.connection)
    }

    /// The number that stands for a function; given out at its first use.
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

/// Takes the groups that wait behind `first`, and the job of another kind that ends them.
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
