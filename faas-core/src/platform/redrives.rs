//! Runs that repeat dead letters, at a rate.
//!
//! A run lives in this process. It holds nothing that must survive: a dead letter is open until its new
//! execution is stored, and a new run goes on where an interrupted one ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::Platform;
use super::dead_letters::{DeadLetterQuery, DeadLetterSelection, MAX_COUNTED, check_count, ids};
use crate::engine::{Engine, RedriveVersion};
use crate::error::{Conflict, Error, Resource};
use crate::model::{ExecutionId, RedriveId, Timestamp};

/// How many runs are remembered, and how many may be under way.
const REMEMBERED: usize = 100;
const AT_ONCE: usize = 10;
/// How many dead letters are looked up at a time.
const PAGE: usize = 1_000;
/// How long to wait before a try is repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// Which dead letters to repeat, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct RedriveRequest {
    /// Which; at most [`RedriveRequest::MAX_IDS`] ids.
    pub selection: DeadLetterSelection,
    /// Which version the new executions run.
    pub version: RedriveVersion,
    /// How many are accepted per second: 0.1 to 1,000.
    pub rate: f64,
}

impl RedriveRequest {
    /// The most ids in a request.
    pub const MAX_IDS: usize = 1_000;
    /// The rate unless another one is set.
    pub const DEFAULT_RATE: f64 = 50.0;

    /// A request for these, at 50 per second, in the version that is live.
    pub const fn new(selection: DeadLetterSelection) -> Self {
        Self {
            selection,
            version: RedriveVersion::Live,
            rate: Self::DEFAULT_RATE,
        }
    }

    fn check(&self) -> Result<(), Error> {
        if !(0.1..=1_000.0).contains(&self.rate) {
            let rate = self.rate;
            let text = format!("rate is {rate}: expected 0.1 to 1000 per second");
            return Err(Error::Invalid(text));
        }
        match &self.selection {
            DeadLetterSelection::Ids(ids) => check_count(ids.len(), Self::MAX_IDS),
            DeadLetterSelection::Open { .. } => Ok(()),
        }
    }
}

/// A run that repeats dead letters, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Redrive {
    /// Its id.
    pub id: RedriveId,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How far it has come.
    pub status: RedriveStatus,
    /// How many dead letters it is about; `None` if they are not counted yet, or are more than 10,000.
    pub total: Option<usize>,
    /// How many were repeated.
    pub redriven: usize,
    /// How many were not open any more.
    pub skipped: usize,
    /// How many could not be repeated. They stay open.
    pub failed: usize,
    /// Why the latest of these could not be repeated.
    pub error: Option<String>,
    /// The latest new execution.
    pub latest: Option<ExecutionId>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedriveStatus {
    /// It repeats dead letters.
    Running,
    /// It has come to its end.
    Completed,
    /// It was stopped.
    Stopped,
}

impl RedriveStatus {
    /// `running`, `completed` or `stopped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
        }
    }
}

/// The runs of this process, oldest first.
#[derive(Default)]
pub(crate) struct Redrives(Mutex<VecDeque<(Redrive, CancellationToken)>>);

impl Redrives {
    pub(super) fn list(&self) -> Vec<Redrive> {
        let runs = self.0.lock();
        runs.iter().rev().map(|(run, _)| run.clone()).collect()
    }

    pub(super) fn get(&self, id: RedriveId) -> Result<Redrive, Error> {
        self.change(id, |run, _| run.clone())
    }

    pub(super) fn stop(&self, id: RedriveId) -> Result<Redrive, Error> {
        self.change(id, |run, stop| {
            stop.cancel();
            run.clone()
        })
    }

    fn add(&self, run: Redrive) -> Result<CancellationToken, Error> {
        let mut runs = self.0.lock();
        let is_running = |(run, _): &&(Redrive, _)| run.status == RedriveStatus::Running;
        let running = runs.iter().filter(is_running).count();
        if running >= AT_ONCE {
            return Err(Conflict::TooManyRedrives(running).into());
        }
        if runs.len() >= REMEMBERED
            && let Some(oldest) = runs.iter().position(|one| !is_running(&one))
        {
            runs.remove(oldest);
        }
        let stop = CancellationToken::new();
        runs.push_back((run, stop.clone()));
        Ok(stop)
    }

    fn change<T>(
        &self,
        id: RedriveId,
        change: impl FnOnce(&mut Redrive, &CancellationToken) -> T,
    ) -> Result<T, Error> {
        let mut runs = self.0.lock();
        let run = runs.iter_mut().find(|(run, _)| run.id == id);
        let (run, stop) = run.ok_or(Error::NotFound(Resource::Redrive))?;
        Ok(change(run, stop))
    }
}

/// Starts a run.
pub(super) fn start(platform: &Platform, request: RedriveRequest) -> Result<Redrive, Error> {
    request.check()?;
    let engine = platform.engine();
    let now = engine.0.clock.now();
    let run = Redrive {
        id: engine.0.ids.redrive(now),
        started_at: now,
        ended_at: None,
        status: RedriveStatus::Running,
        total: None,
        redriven: 0,
        skipped: 0,
        failed: 0,
        error: None,
        latest: None,
    };
    let runs = platform.running_redrives().clone();
    let stop = runs.add(run.clone())?;
    let id = run.id;
    // Dropping the last handle of the platform stops it, so the task must not keep one.
    let engine = engine.clone();
    tokio::spawn(async move {
        let worker = Worker { engine, runs, id };
        let done = tokio::select! {
            done = worker.run(request) => done,
            () = stop.cancelled() => Err(None),
            () = worker.engine.0.stopping.cancelled() => Err(None),
        };
        let ended_at = worker.engine.0.clock.now();
        worker.change(|run| {
            run.ended_at = Some(ended_at);
            run.status = match done {
                Ok(()) => RedriveStatus::Completed,
                Err(error) => {
                    run.error = error.or(run.error.take());
                    RedriveStatus::Stopped
                }
            };
        });
    });
    Ok(run)
}

struct Worker {
    engine: Engine,
    runs: Arc<Redrives>,
    id: RedriveId,
}

impl Worker {
    fn change(&self, change: impl FnOnce(&mut Redrive)) {
        // It is remembered while it runs.
        let _ = self.runs.change(self.id, |run, _| change(run));
    }

    /// Repeats all. The error says why it cannot go on.
    async fn run(&self, request: RedriveRequest) -> Result<(), Option<String>> {
        let clock = &self.engine.0.clock;
        let mut due = clock.monotonic();
        let between = Duration::from_secs_f64(1.0 / request.rate);
        let (mut query, mut left) = match request.selection {
            DeadLetterSelection::Ids(ids) => {
                self.change(|run| run.total = Some(ids.len()));
                for id in ids {
                    clock.sleep_until(due).await;
                    due = due.max(clock.monotonic()) + between;
                    self.redrive(id, request.version).await;
                }
                return Ok(());
            }
            DeadLetterSelection::Open {
                function,
                group,
                limit,
            } => {
                let query = DeadLetterQuery {
                    function,
                    group,
                    before: None,
                    limit: PAGE,
                };
                (query, limit.unwrap_or(usize::MAX))
            }
        };
        let total = self
            .count(&query)
            .await
            .map_err(|error| Some(error.to_string()))?;
        self.change(|run| run.total = total.map(|total| total.min(left)));
        while left > 0 {
            query.limit = left.min(PAGE);
            let page = ids(&self.engine, &query).await;
            let page = page.map_err(|error| Some(error.to_string()))?;
            let Some(last) = page.last().copied() else {
                break;
            };
            query.before = Some(last);
            left -= page.len();
            for id in page {
                clock.sleep_until(due).await;
                due = due.max(clock.monotonic()) + between;
                self.redrive(id, request.version).await;
            }
        }
        Ok(())
    }

    async fn count(&self, query: &DeadLetterQuery) -> Result<Option<usize>, Error> {
        let store = &self.engine.0.store;
        let counted = store
            .open_dead_letters(query.function, MAX_COUNTED + 1)
            .await?;
        if counted.len() > MAX_COUNTED {
            return Ok(None);
        }
        let wanted = |group| query.group.is_none_or(|wanted| wanted == group);
        Ok(Some(
            counted.iter().filter(|(_, group)| wanted(*group)).count(),
        ))
    }

    /// Repeats one, as soon as the queue and the store have room for it.
    async fn redrive(&self, id: ExecutionId, version: RedriveVersion) {
        loop {
            match self.engine.redrive(id, version).await {
                Ok(Some(by)) => {
                    return self.change(|run| {
                        run.redriven += 1;
                        run.latest = Some(by);
                    });
                }
                Ok(None) => return self.change(|run| run.skipped += 1),
                Err(Error::Overloaded { retry_after, .. }) => {
                    self.engine.0.clock.sleep(retry_after).await;
                }
                Err(Error::Unavailable(_)) => self.engine.0.clock.sleep(PAUSE).await,
                Err(error) => {
                    return self.change(|run| {
                        run.failed += 1;
                        run.error = Some(error.to_string());
                    });
                }
            }
        }
    }
}
