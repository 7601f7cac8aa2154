//! Changes of what follows an execution that has ended: its dead letter and its deliveries.

use super::{Engine, Request};
use crate::error::{Conflict, Error, Resource};
use crate::model::{
    DeadLetter, DeadLetterState, Execution, ExecutionId, FollowUp, Queueing, Timestamp,
};
use crate::store::{Write, Written};

/// How often a change is tried that others keep overtaking.
const TRIES: usize = 16;

/// Which version a repeated execution runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RedriveVersion {
    /// The version that is `live` now.
    #[default]
    Live,
    /// The version that failed.
    Original,
}

impl Engine {
    /// Changes what follows the execution. `change` gets the execution and a copy to change; it may be
    /// called again if another writer was faster. Nothing is written if it returns `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such execution, or nothing follows it; those of `change`.
    pub(crate) async fn change_follow_up<T>(
        &self,
        id: ExecutionId,
        mut change: impl FnMut(&Execution, &mut FollowUp) -> Result<Option<T>, Error> + Send,
    ) -> Result<Option<(Execution, T)>, Error> {
        for _ in 0..TRIES {
            let stored = self.0.store.execution(id).await?;
            let execution = stored.ok_or(Error::NotFound(Resource::Execution))?;
            let Some(follow_up) = &execution.follow_up else {
                return Ok(None);
            };
            let mut next = Box::new(follow_up.next());
            let Some(result) = change(&execution, &mut next)? else {
                return Ok(None);
            };
            let write = Write::FollowUp {
                id,
                function: execution.function_id,
                follow_up: next,
            };
            if self.0.store.commit(&[write]).await? == [Written::Done] {
                return Ok(Some((execution, result)));
            }
        }
        Err(Conflict::Stale.into())
    }

    /// Repeats the execution of an open dead letter, once: another call for the same dead letter finds
    /// the first new execution. Returns it, or `None` if the dead letter is not open.
    ///
    /// # Errors
    /// As for [`Engine::execute`].
    pub(crate) async fn redrive(
        &self,
        id: ExecutionId,
        version: RedriveVersion,
    ) -> Result<Option<ExecutionId>, Error> {
        let stored = self.0.store.execution(id).await?;
        let dead = stored.ok_or(Error::NotFound(Resource::Execution))?;
        let Some(follow_up) = dead
            .follow_up
            .as_ref()
            .filter(|one| one.open_group().is_some())
        else {
            return Ok(None);
        };
        let (function, key) = (dead.function_id, format!("redrive:{id}"));
        // The new execution may have been accepted before a crash, any time ago.
        let before = self.0.store.find_idempotent(function, &key, Timestamp::MIN);
        let by = match before.await? {
            Some(first) => first,
            None => {
                let request = Request {
                    retry: true,
                    retry_of: Some(id),
                    idempotency_key: Some(key.into()),
                    version: match version {
                        RedriveVersion::Live => None,
                        RedriveVersion::Original => Some(dead.function_version),
                    },
                    hops: follow_up.hops,
                    // Each dead letter runs, also if another execution has its singleton key.
                    queueing: Queueing {
                        singleton_key: None,
                        ..dead.queueing.clone()
                    },
                    ..Request::once(dead.input.clone(), dead.caller.clone())
                };
                self.execute(function, request).await?.id
            }
        };
        self.mark_redriven(id, by).await?;
        Ok(Some(by))
    }

    /// Marks the dead letter of `id`, if it is open, as repeated by `by`.
    pub(crate) async fn mark_redriven(
        &self,
        id: ExecutionId,
        by: ExecutionId,
    ) -> Result<(), Error> {
        let at = self.0.clock.now();
        self.change_follow_up(id, |_, follow_up| {
            Ok(resolve(follow_up, DeadLetterState::Redriven { by, at }))
        })
        .await?;
        Ok(())
    }
}

/// Gives an open dead letter another state; `None` if there is none.
pub(crate) fn resolve(follow_up: &mut FollowUp, state: DeadLetterState) -> Option<()> {
    follow_up.open_group()?;
    let DeadLetter { group, .. } = follow_up.dead_letter.take()?;
    follow_up.dead_letter = Some(DeadLetter { group, state });
    Some(())
}
