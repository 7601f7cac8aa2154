//! Deliveries of results to destinations.

use super::Platform;
use crate::error::{Conflict, Error, Resource};
use crate::model::{
    Delivery, DeliveryId, DeliveryState, Execution, ExecutionId, FunctionId, ListedExecution,
};
use crate::store::{ExecutionQuery, FollowUpFilter};

/// Which deliveries of a function to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// The function whose results are delivered.
    pub function: FunctionId,
    /// Only those of executions with a delivery that has failed.
    pub failed: bool,
    /// Of executions older than this one: the last of the page before.
    pub before: Option<ExecutionId>,
    /// Of at most so many executions.
    pub limit: usize,
}

/// See [`Platform::deliveries`].
#[derive(Clone, Copy)]
pub struct Deliveries<'a> {
    pub(super) platform: &'a Platform,
}

impl Deliveries<'_> {
    /// The newest executions of a function that have deliveries, newest first, without long parts.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn list(&self, query: &DeliveryQuery) -> Result<Vec<ListedExecution>, Error> {
        let query = ExecutionQuery {
            follow_up: if query.failed {
                FollowUpFilter::FailedDeliveries(query.function)
            } else {
                FollowUpFilter::Deliveries(query.function)
            },
            before: query.before,
            limit: query.limit,
            ..ExecutionQuery::default()
        };
        Ok(self.platform.engine().0.store.executions(&query).await?)
    }

    /// Makes a delivery again from the beginning, whether it has succeeded or failed. Also returns the
    /// function of its execution.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Conflict::DeliveryPending`].
    pub async fn replay(&self, id: DeliveryId) -> Result<(FunctionId, Delivery), Error> {
        let engine = self.platform.engine();
        let now = engine.0.clock.now();
        let missing = || Error::NotFound(Resource::Delivery);
        let replayed = engine.change_follow_up(id.execution, |_, follow_up| {
            let delivery = follow_up.deliveries.get_mut(id.index);
            let delivery = delivery.ok_or_else(missing)?;
            match delivery.state {
                DeliveryState::Delivered | DeliveryState::Failed => delivery.replay(now),
                DeliveryState::Pending { .. } | DeliveryState::Delivering { .. } => {
                    return Err(Conflict::DeliveryPending.into());
                }
                DeliveryState::Waiting | DeliveryState::Skipped => return Err(missing()),
            }
            Ok(Some(delivery.clone()))
        });
        let (execution, delivery) = match replayed.await {
            Ok(replayed) => replayed.ok_or_else(missing)?,
            Err(Error::NotFound(_)) => return Err(missing()),
            Err(error) => return Err(error),
        };
        engine.wake_deliveries();
        Ok((execution.function_id, delivery))
    }
}

/// The deliveries that the end of an execution asked for.
pub fn deliveries(execution: &Execution) -> impl Iterator<Item = (DeliveryId, &Delivery)> {
    let made = execution.follow_up.iter().flat_map(|one| one.made());
    made.map(|(index, delivery)| {
        let id = DeliveryId {
            execution: execution.id,
            index,
        };
        (id, delivery)
    })
}
