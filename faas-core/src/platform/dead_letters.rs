//! Dead letters: asynchronous executions that have failed for good.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use super::Platform;
use super::redrives::{self, Redrive, RedriveRequest};
use crate::engine::{Engine, resolve};
use crate::error::Error;
use crate::model::{
    DeadLetterGroup, DeadLetterState, ExecutionId, FunctionId, ListedExecution, RedriveId,
};
use crate::store::{ExecutionQuery, FollowUpFilter};

/// How many dead letters are counted at most.
pub const MAX_COUNTED: usize = 10_000;
/// How many dead letters are discarded at the same time, so that the store commits them together.
const AT_ONCE: usize = 64;
/// How many groups are listed at most.
const MAX_GROUPS: usize = 100;

/// Which dead letters to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterQuery {
    /// Of this function only.
    pub function: Option<FunctionId>,
    /// Of this group only.
    pub group: Option<DeadLetterGroup>,
    /// Older than this one: the last of the page before.
    pub before: Option<ExecutionId>,
    /// At most so many.
    pub limit: usize,
}

impl Default for DeadLetterQuery {
    /// The newest 50 of all.
    fn default() -> Self {
        Self {
            function: None,
            group: None,
            before: None,
            limit: 50,
        }
    }
}

impl DeadLetterQuery {
    fn executions(&self) -> ExecutionQuery {
        ExecutionQuery {
            function: self.function,
            follow_up: match self.group {
                Some(group) => FollowUpFilter::DeadLetterGroup(group),
                None => FollowUpFilter::DeadLetter,
            },
            before: self.before,
            limit: self.limit,
            ..ExecutionQuery::default()
        }
    }
}

/// Which dead letters to repeat or discard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterSelection {
    /// These.
    Ids(Vec<ExecutionId>),
    /// The open ones, newest first, at most `limit`. Executions that become dead letters later are not
    /// among them.
    Open {
        /// Of this function only.
        function: Option<FunctionId>,
        /// Of this group only.
        group: Option<DeadLetterGroup>,
        /// `None`: all.
        limit: Option<usize>,
    },
}

/// The open dead letters by error.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeadLetterGroups {
    /// The groups with the most dead letters first, at most 100.
    pub groups: Vec<DeadLetterGroupSummary>,
    /// How many dead letters were counted, at most [`MAX_COUNTED`].
    pub counted: usize,
    /// Whether there are more dead letters, older than those that were counted. The counts of the groups
    /// are lower bounds then.
    pub more: bool,
}

/// The open dead letters of one function with the same error.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetterGroupSummary {
    /// The group.
    pub group: DeadLetterGroup,
    /// How many were counted.
    pub count: usize,
    /// The oldest that was counted.
    pub oldest: ExecutionId,
    /// The newest, without long parts.
    pub newest: ListedExecution,
}

/// How many dead letters were discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discarded {
    /// So many.
    pub discarded: usize,
    /// Whether there may be more that match.
    pub more: bool,
}

/// See [`Platform::dead_letters`].
#[derive(Clone, Copy)]
pub struct DeadLetters<'a> {
    pub(super) platform: &'a Platform,
}

impl DeadLetters<'_> {
    /// The most dead letters that one call discards.
    pub const MAX_DISCARDED: usize = 1_000;

    /// Open dead letters that match, newest first. Long inputs, logs and attempts are left out once the
    /// list has 8 MiB of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn list(&self, query: &DeadLetterQuery) -> Result<Vec<ListedExecution>, Error> {
        let store = &self.platform.engine().0.store;
        Ok(store.executions(&query.executions()).await?)
    }

    /// The open dead letters by error: those of one function or of all. Counts the newest
    /// [`MAX_COUNTED`], whatever is stored.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn groups(&self, function: Option<FunctionId>) -> Result<DeadLetterGroups, Error> {
        struct Tally {
            count: usize,
            newest: ExecutionId,
            oldest: ExecutionId,
        }
        let store = &self.platform.engine().0.store;
        let mut found = store.open_dead_letters(function, MAX_COUNTED + 1).await?;
        let more = found.len() > MAX_COUNTED;
        found.truncate(MAX_COUNTED);
        let mut tallies = HashMap::<DeadLetterGroup, Tally>::new();
        for (id, group) in &found {
            let tally = tallies.entry(*group).or_insert(Tally {
                count: 0,
                newest: *id,
                oldest: *id,
            });
            tally.count += 1;
            tally.oldest = *id;
        }
        let mut largest: Vec<_> = tallies.into_iter().collect();
        largest.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.count, tally.newest)));
        largest.truncate(MAX_GROUPS);
        let mut groups = Vec::with_capacity(largest.len());
        for (group, tally) in largest {
            let newest = ExecutionQuery {
                follow_up: FollowUpFilter::DeadLetterGroup(group),
                limit: 1,
                max_bytes: 0,
                ..ExecutionQuery::default()
            };
            // All of the group may have been repeated in the meantime.
            if let Some(newest) = store.executions(&newest).await?.pop() {
                groups.push(DeadLetterGroupSummary {
                    group,
                    count: tally.count,
                    oldest: tally.oldest,
                    newest,
                });
            }
        }
        Ok(DeadLetterGroups {
            groups,
            counted: found.len(),
            more,
        })
    }

    /// Begins to repeat dead letters, each as a new execution, and returns at once. A dead letter is
    /// repeated once, however often this is called. The run ends with the process; dead letters that it
    /// has not reached stay open.
    ///
    /// # Errors
    /// [`Error::Invalid`], or [`Conflict::TooManyRedrives`](crate::error::Conflict::TooManyRedrives).
    pub fn redrive(&self, request: RedriveRequest) -> Result<Redrive, Error> {
        redrives::start(self.platform, request)
    }

    /// The runs of this process that repeat dead letters, newest first, at most 100.
    pub fn redrives(&self) -> Vec<Redrive> {
        self.platform.running_redrives().list()
    }

    /// One run.
    ///
    /// # Errors
    /// [`Error::NotFound`]: there is none, or another server runs it.
    pub fn get_redrive(&self, id: RedriveId) -> Result<Redrive, Error> {
        self.platform.running_redrives().get(id)
    }

    /// Stops a run. Executions that it has accepted are not stopped.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub fn stop_redrive(&self, id: RedriveId) -> Result<Redrive, Error> {
        self.platform.running_redrives().stop(id)
    }

    /// Discards dead letters, at most [`MAX_DISCARDED`](Self::MAX_DISCARDED). Their executions stay, and
    /// keep who discarded them. Dead letters that are not open are left as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for too many ids; [`Error::Unavailable`] when the store cannot be reached.
    pub async fn discard(
        &self,
        selection: &DeadLetterSelection,
        by: Option<Arc<str>>,
    ) -> Result<Discarded, Error> {
        let engine = self.platform.engine();
        let most = Self::MAX_DISCARDED;
        let (ids, more) = match selection {
            DeadLetterSelection::Ids(ids) => {
                check_count(ids.len(), most)?;
                (ids.clone(), false)
            }
            DeadLetterSelection::Open {
                function,
                group,
                limit,
            } => {
                let limit = limit.unwrap_or(usize::MAX);
                let query = DeadLetterQuery {
                    function: *function,
                    group: *group,
                    before: None,
                    limit: limit.min(most),
                };
                let ids = ids(engine, &query).await?;
                let more = ids.len() == most && limit > most;
                (ids, more)
            }
        };
        let at = engine.0.clock.now();
        let mut changes = stream::iter(ids)
            .map(|id| {
                let by = by.clone();
                engine.change_follow_up(id, move |_, follow_up| {
                    let by = by.clone();
                    Ok(resolve(follow_up, DeadLetterState::Discarded { by, at }))
                })
            })
            .buffer_unordered(AT_ONCE);
        let mut discarded = 0;
        while let Some(changed) = changes.next().await {
            match changed {
                Ok(changed) => discarded += usize::from(changed.is_some()),
                // It may have expired.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Discarded { discarded, more })
    }
}

/// Checks the number of ids in a request.
pub(super) fn check_count(count: usize, most: usize) -> Result<(), Error> {
    if count > most {
        let text = format!("ids has {count} entries: at most {most} are allowed");
        return Err(Error::Invalid(text));
    }
    Ok(())
}

/// The ids of a page.
pub(super) async fn ids(
    engine: &Engine,
    query: &DeadLetterQuery,
) -> Result<Vec<ExecutionId>, Error> {
    let query = ExecutionQuery {
        max_bytes: 0,
        ..query.executions()
    };
    let found = engine.0.store.executions(&query).await?;
    Ok(found.iter().map(|one| one.id).collect())
}
