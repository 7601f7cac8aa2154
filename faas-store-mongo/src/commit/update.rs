//! Claims and settlements.

use std::collections::HashMap;

use faas_core::model::{ExecutionId, Status};
use faas_core::store::{Stage, Written};
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use super::doubt::Sent;
use super::set;
use super::waves::Update;
use crate::collections::EXECUTIONS;
use crate::documents::{date, execution};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// The maximum size of one update command, in bytes; a message may have 48 MB.
const COMMAND_BYTES: usize = 24 << 20;
/// The maximum number of statements in one command.
const COMMAND_STATEMENTS: usize = 1_000;

impl Inner {
    pub(super) async fn update_all(
        &self,
        updates: &[(usize, Update<'_>)],
        written: &mut [Written],
        sent: &mut Sent,
    ) -> Result<(), Error> {
        if updates.is_empty() {
            return Ok(());
        }
        let token = ObjectId::new();
        sent.maybe(updates, token);
        self.make_updates(updates, token, written).await?;
        let is_made = |(place, _): &(usize, _)| written.get(*place) == Some(&Written::Done);
        sent.know(updates.iter().map(is_made));
        Ok(())
    }

    async fn make_updates(
        &self,
        updates: &[(usize, Update<'_>)],
        token: ObjectId,
        written: &mut [Written],
    ) -> Result<(), Error> {
        let mut matched = 0;
        let (mut statements, mut bytes) = (Vec::new(), 0);
        for (_, update) in updates {
            let (statement, size) = statement(update, token);
            if bytes + size > COMMAND_BYTES || statements.len() == COMMAND_STATEMENTS {
                let full = std::mem::take(&mut statements);
                matched += self.bulk_update(EXECUTIONS, full).await?;
                bytes = 0;
            }
            bytes += size;
            statements.push(statement);
        }
        matched += self.bulk_update(EXECUTIONS, statements).await?;
        if usize::try_from(matched) == Ok(updates.len()) {
            for (place, _) in updates {
                set(written, *place, Written::Done);
            }
            return Ok(());
        }
        let last = self.last_updates(updates).await?;
        let in_doubt = self.in_doubt.lock();
        for (place, update) in updates {
            let last = last.get(&update.id());
            if last == Some(&token) || in_doubt.made(update, last) {
                set(written, *place, Written::Done);
            }
        }
        Ok(())
    }

    /// The token of the last update of each of these executions.
    async fn last_updates(
        &self,
        updates: &[(usize, Update<'_>)],
    ) -> Result<HashMap<ExecutionId, ObjectId>, Error> {
        let ids: Vec<Bson> = updates.iter().map(|(_, one)| one.id().bson()).collect();
        let find = self
            .collections
            .executions
            .find(doc! { "_id": { "$in": ids } });
        let mut found = find.projection(doc! { "lastUpdate": 1 }).await?;
        let mut last = HashMap::new();
        while let Some(document) = found.try_next().await? {
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let token = document.get_object_id("lastUpdate").ok();
            last.extend(id.zip(token));
        }
        Ok(last)
    }
}

/// One update of a command, and its approximate size in bytes.
fn statement(update: &Update<'_>, token: ObjectId) -> (Bson, usize) {
    const FIXED: usize = 2_048;
    let (filter, update, size) = match update {
        Update::Claim { id, attempt, lease } => {
            let before = attempt.checked_sub(1).map(|attempt| Stage {
                status: Status::Pending,
                attempt,
            });
            let unset = doc! { "waitsSince": "" };
            let set = doc! {
                "status": Status::Running.as_str(),
                "attempt": i64::from(*attempt),
                "dueAt": Bson::Null,
                "exact.dueAt": Bson::Null,
                "leaseEnds": lease.until.as_micros(),
                "lease": { "owner": lease.owner.as_str(), "until": date(lease.until) },
                "lastUpdate": token,
            };
            let update = doc! { "$set": set, "$unset": unset };
            (at_stage(*id, before), update, 0)
        }
        Update::Settle { execution, from } => {
            let output = execution.output.as_ref().map_or(0, |output| output.len());
            let logs: usize = execution.logs.iter().map(|line| line.message.len()).sum();
            let size = execution.input.len() + output + logs;
            let mut set = execution::write(execution);
            set.insert("lastUpdate", token);
            // The fields that belong to the attempt are removed.
            let mut unset = doc! { "lease": "", "cancelRequested": "" };
            if execution.status.is_terminal() && execution.queueing.singleton_key.is_some() {
                unset.insert("singletonSlot", "");
            }
            for waits in [Status::Pending, Status::Running].map(execution::waits_in) {
                if let Some(waits) = waits.filter(|waits| !set.contains_key(waits)) {
                    unset.insert(waits, "");
                }
            }
            let update = doc! { "$set": set, "$unset": unset };
            (at_stage(execution.id, Some(*from)), update, size)
        }
    };
    let statement = doc! { "q": filter, "u": update };
    (Bson::Document(statement), FIXED + size)
}

/// Matches this execution at this stage; without a stage, matches nothing.
fn at_stage(id: ExecutionId, stage: Option<Stage>) -> Document {
    // No attempt precedes the first, and no execution is stored with attempt -1.
    let attempt = stage.map_or(-1, |stage| i64::from(stage.attempt));
    let status = stage.map_or(Status::Pending, |stage| stage.status);
    let id = id.bson();
    // An earlier system stored no attempt number.
    let attempt = match &id {
        Bson::ObjectId(_) if attempt == 0 => doc! { "$in": [0_i64, Bson::Null] }.into(),
        _ => Bson::Int64(attempt),
    };
    doc! { "_id": id, "status": status.as_str(), "attempt": attempt }
}
