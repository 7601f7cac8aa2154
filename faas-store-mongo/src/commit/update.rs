//! Claims and settlements.

use std::collections::HashMap;

use faas_core::model::ExecutionId;
use faas_core::store::Written;
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use super::set;
use super::waves::Update;
use crate::collections::EXECUTIONS;
use crate::documents::execution::{self, attempt_is};
use crate::error::{Error, unavailable};
use crate::ids::Id;
use crate::store::Inner;

/// The most that one update command carries, in bytes; a message may have 48 MB.
const COMMAND_BYTES: usize = 24 << 20;
/// The most statements in one.
const COMMAND_STATEMENTS: usize = 1_000;
/// How many updates may be in doubt. Beyond that, those of a group that failed before are forgotten:
/// they would count as stale.
const DOUBTS: usize = 1 << 16;

/// Updates of groups that failed, each with the tokens that it may have left.
#[derive(Debug, Default)]
pub(crate) struct InDoubt(HashMap<Step, Vec<ObjectId>>);

/// What makes an update the same when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Claim(ExecutionId, u32),
    Settle(ExecutionId, u32),
}

impl From<&Update<'_>> for Step {
    fn from(update: &Update<'_>) -> Self {
        match update {
            Update::Claim { id, attempt } => Self::Claim(*id, *attempt),
            Update::Settle {
                execution,
                expected,
            } => Self::Settle(execution.id, *expected),
        }
    }
}

impl InDoubt {
    fn doubt(&mut self, updates: &[(usize, Update<'_>)], token: ObjectId) {
        if self.0.len() + updates.len() > DOUBTS {
            self.0.clear();
        }
        for (_, update) in updates {
            self.0.entry(Step::from(update)).or_default().push(token);
        }
    }
}

impl Inner {
    pub(super) async fn update_all(
        &self,
        updates: &[(usize, Update<'_>)],
        written: &mut [Written],
    ) -> Result<(), Error> {
        if updates.is_empty() {
            return Ok(());
        }
        let token = ObjectId::new();
        let made = self.make_updates(updates, token, written).await;
        let mut in_doubt = self.in_doubt.lock();
        match &made {
            Ok(()) if in_doubt.0.is_empty() => {}
            Ok(()) => {
                for (_, update) in updates {
                    in_doubt.0.remove(&Step::from(update));
                }
            }
            Err(_) => in_doubt.doubt(updates, token),
        }
        made
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
                matched += self.send(std::mem::take(&mut statements)).await?;
                bytes = 0;
            }
            bytes += size;
            statements.push(statement);
        }
        matched += self.send(statements).await?;
        if usize::try_from(matched) == Ok(updates.len()) {
            for (place, _) in updates {
                set(written, *place, Written::Done);
            }
            return Ok(());
        }
        let last = self.last_updates(updates).await?;
        let in_doubt = self.in_doubt.lock();
        for (place, update) in updates {
            let Some(last) = last.get(&update.id()) else {
                continue;
            };
            let before = in_doubt.0.get(&Step::from(update));
            if *last == token || before.is_some_and(|tokens| tokens.contains(last)) {
                set(written, *place, Written::Done);
            }
        }
        Ok(())
    }

    /// Sends one command with many updates. Returns how many matched.
    async fn send(&self, statements: Vec<Bson>) -> Result<i64, Error> {
        if statements.is_empty() {
            return Ok(0);
        }
        let mut command = doc! {
            "update": EXECUTIONS,
            "updates": statements,
            "ordered": false,
        };
        if let Some(concern) = &self.write_concern {
            command.insert("writeConcern", concern.clone());
        }
        let answer = self.database.run_command(command).await?;
        // The updates were made, but maybe by too few servers to last.
        if answer.contains_key("writeConcernError") {
            return Err(Error::Store(unavailable(
                "not enough servers confirmed a write",
            )));
        }
        if let Ok(errors) = answer.get_array("writeErrors") {
            return Err(first_error(errors));
        }
        match answer.get("n") {
            Some(Bson::Int32(n)) => Ok(i64::from(*n)),
            Some(Bson::Int64(n)) => Ok(*n),
            _ => Err(Error::Store(unavailable("an answer without a count"))),
        }
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

/// One update of a command, and about how many bytes it has.
fn statement(update: &Update<'_>, token: ObjectId) -> (Bson, usize) {
    const FIXED: usize = 2_048;
    let (filter, mut set, size) = match update {
        Update::Claim { id, attempt } => {
            let before = attempt.checked_sub(1);
            let filter = doc! {
                "_id": id.bson(),
                "status": "pending",
                // No attempt comes before the first, and nothing is stored as minus one.
                "attempt": before.map_or(Bson::Int64(-1), attempt_is),
            };
            let set = doc! {
                "status": "running",
                "attempt": i64::from(*attempt),
                "dueAt": Bson::Null,
                "exact.dueAt": Bson::Null,
            };
            (filter, set, 0)
        }
        Update::Settle {
            execution,
            expected,
        } => {
            let filter = doc! {
                "_id": execution.id.bson(),
                "status": { "$in": ["pending", "running"] },
                "attempt": attempt_is(*expected),
            };
            let output = execution.output.as_ref().map_or(0, |output| output.len());
            let logs: usize = execution.logs.iter().map(|line| line.message.len()).sum();
            let size = execution.input.len() + output + logs;
            (filter, execution::write(execution), size)
        }
    };
    set.insert("lastUpdate", token);
    (
        Bson::Document(doc! { "q": filter, "u": { "$set": set } }),
        FIXED + size,
    )
}

fn first_error(errors: &[Bson]) -> Error {
    let first = errors.first().and_then(Bson::as_document);
    let message = first.and_then(|error: &Document| error.get_str("errmsg").ok());
    let message = message.unwrap_or("no reason was given");
    Error::Store(crate::error::unusable(format!(
        "an update was refused by the server: {message}"
    )))
}
