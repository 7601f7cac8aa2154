//! Firings: an execution is inserted and its schedule is changed, both or neither.
//!
//! A server may die between the two, so the firing is noted in the schedule first, with the id of its
//! execution. Whoever finds a note for the same planned time finishes that firing, under the same id,
//! instead of beginning another one. So each planned time has one execution, however often a server
//! dies and however much later another one goes on.

use faas_core::model::{Execution, ExecutionId, Firing, Schedule};
use faas_core::store::Written;
use futures_util::future::join_all;
use mongodb::bson::{Document, doc};

use super::set;
use crate::error::{Error, unusable};
use crate::ids::Id;
use crate::schedules::before;
use crate::store::Inner;

/// How many firings are carried out at a time.
const CONCURRENT: usize = 32;

impl Inner {
    pub(super) async fn fire_all(
        &self,
        fires: &[(usize, &Execution, &Schedule)],
        written: &mut [Written],
    ) -> Result<(), Error> {
        for some in fires.chunks(CONCURRENT) {
            let mut firings = Vec::with_capacity(some.len());
            for (_, execution, schedule) in some {
                firings.push(self.fire(execution, schedule));
            }
            for ((place, ..), outcome) in some.iter().zip(join_all(firings).await) {
                set(written, *place, outcome?);
            }
        }
        Ok(())
    }

    async fn fire(&self, execution: &Execution, schedule: &Schedule) -> Result<Written, Error> {
        let Some(firing) = schedule.last else {
            return Err(Error::Store(unusable(
                "a firing without its time".to_owned(),
            )));
        };
        let planned = firing.scheduled.as_micros();
        let mut filter = before(schedule);
        filter.insert("firing.at", doc! { "$ne": planned });
        let note = doc! { "at": planned, "execution": execution.id.bson() };
        let schedules = &self.collections.schedules;
        let noted = schedules.update_one(filter, doc! { "$set": { "firing": note } });
        if noted.await?.matched_count > 0 {
            self.finish_firing(execution, schedule).await?;
            return Ok(Written::Done);
        }
        let Some(begun) = self.begun(schedule, planned).await? else {
            // The group may be retried after its response was lost.
            let stored = self.stored(std::iter::once(execution.id)).await?;
            let is_stored = stored.contains(&execution.id);
            return Ok(if is_stored {
                Written::Done
            } else {
                Written::Stale
            });
        };
        if begun == execution.id {
            self.finish_firing(execution, schedule).await?;
            return Ok(Written::Done);
        }
        let execution = Execution {
            id: begun,
            ..execution.clone()
        };
        let schedule = Schedule {
            last: Some(Firing {
                execution: begun,
                ..firing
            }),
            ..schedule.clone()
        };
        self.finish_firing(&execution, &schedule).await?;
        Ok(Written::Stale)
    }

    /// The execution of the firing that was begun at this revision for the same time.
    async fn begun(&self, schedule: &Schedule, planned: i64) -> Result<Option<ExecutionId>, Error> {
        let mut filter = before(schedule);
        filter.insert("firing.at", planned);
        let find = self.collections.schedules.find_one(filter);
        let found = find.projection(doc! { "firing": 1 }).await?;
        let firing = found.as_ref().map(|found| found.get_document("firing"));
        let firing = firing.and_then(Result::ok);
        let id = |firing: &Document| ExecutionId::of_bson(firing.get("execution")?);
        Ok(firing.and_then(id))
    }

    async fn finish_firing(&self, execution: &Execution, schedule: &Schedule) -> Result<(), Error> {
        self.insert_all(&[(0, execution)], &mut [Written::Stale])
            .await?;
        // If another server has changed the schedule, its next firing finds the note.
        self.advance_schedule(schedule).await?;
        Ok(())
    }
}
