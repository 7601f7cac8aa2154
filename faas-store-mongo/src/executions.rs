//! What is asked about executions. Nothing here writes.
//!
//! Lists are in the order of ids. Ours are strings and those of an earlier system ObjectIds, which
//! MongoDB sorts apart, so a list that may have both is merged of two. Only databases that hold any
//! of the latter are asked twice.

use std::time::Duration;

use faas_core::model::{Execution, ExecutionId, FailureKind, FunctionId, Status, Timestamp};
use faas_core::store::{ExecutionQuery, Period};
use futures_util::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use crate::collections::EXECUTIONS;
use crate::documents::{Fields, execution};
use crate::error::Error;
use crate::ids::{Id, first_object_id};
use crate::period;
use crate::store::Inner;

/// Which way a list goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// A list of executions, by what both kinds of documents have.
pub(crate) struct List {
    pub(crate) filter: Document,
    pub(crate) period: Period,
    /// Ids strictly beyond this one, in the direction of the list.
    pub(crate) beyond: Option<ExecutionId>,
    pub(crate) order: Order,
    pub(crate) limit: usize,
    /// The fields that are wanted; `None`: all.
    pub(crate) fields: Option<Document>,
}

impl Inner {
    pub(crate) async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, Error> {
        let find = self
            .collections
            .executions
            .find_one(doc! { "_id": id.bson() });
        find.await?.as_ref().map(execution::read).transpose()
    }

    pub(crate) async fn executions(&self, query: &ExecutionQuery) -> Result<Vec<Execution>, Error> {
        let list = of_query(query);
        self.list(&list, execution::read).await
    }

    pub(crate) async fn recent_durations(
        &self,
        function: Option<FunctionId>,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Duration>, Error> {
        let query = ExecutionQuery {
            function,
            status: Some(Status::Completed),
            failure: None,
            period: Period {
                from: since,
                ..Period::ALL
            },
            before: None,
            limit,
        };
        let list = List {
            fields: Some(doc! { "duration": 1, "exact": 1 }),
            ..of_query(&query)
        };
        let read = |document: &Document| {
            let fields = Fields::new(document, EXECUTIONS);
            Ok(fields.optional_duration("duration")?.unwrap_or_default())
        };
        self.list(&list, read).await
    }

    pub(crate) async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Execution>, Error> {
        self.list(&unfinished(after, limit), execution::read).await
    }

    pub(crate) async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, Error> {
        let list = List {
            fields: Some(doc! { "_id": 1 }),
            ..unfinished(after, limit)
        };
        let read = |document: &Document| Fields::new(document, EXECUTIONS).id("_id");
        self.list(&list, read).await
    }

    pub(crate) async fn find_idempotent(
        &self,
        function: FunctionId,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<ExecutionId>, Error> {
        let filter = doc! { "keySlot": key_slot(function, key) };
        let find = self.collections.executions.find_one(filter);
        let Some(document) = find.projection(execution::accepted_fields()).await? else {
            return Ok(None);
        };
        let (id, accepted) = execution::accepted(&document)?;
        Ok((accepted >= since).then_some(id))
    }

    pub(crate) async fn newest_execution(&self) -> Result<Option<ExecutionId>, Error> {
        let list = List {
            filter: Document::new(),
            period: Period::ALL,
            beyond: None,
            order: Order::NewestFirst,
            limit: 1,
            fields: Some(execution::accepted_fields()),
        };
        let newest = self.list(&list, execution::accepted).await?;
        Ok(newest.first().map(|(id, _)| *id))
    }

    /// How many executions are in this state.
    pub(crate) async fn count(&self, status: Status) -> Result<u64, Error> {
        let filter = doc! { "status": status.as_str() };
        Ok(self.collections.executions.count_documents(filter).await?)
    }

    /// Whether an earlier system has left executions.
    pub(crate) async fn find_legacy(&self) -> Result<bool, Error> {
        let filter = doc! { "_id": { "$gte": ObjectId::from_bytes([0; 12]) } };
        let find = self.collections.executions.find_one(filter);
        Ok(find.projection(doc! { "_id": 1 }).await?.is_some())
    }

    /// Reads a list, merged of both kinds of ids.
    pub(crate) async fn list<T>(
        &self,
        list: &List,
        read: impl Fn(&Document) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if list.limit == 0 || list.period.from >= list.period.to {
            return Ok(Vec::new());
        }
        let mut ours = self.half(list, ours(list), &read).await?;
        if let Some(filter) = legacy(list).filter(|_| self.has_legacy) {
            ours.extend(self.half(list, filter, &read).await?);
            ours.sort_by_key(|(id, _)| *id);
            if let Order::NewestFirst = list.order {
                ours.reverse();
            }
            ours.truncate(list.limit);
        }
        Ok(ours.into_iter().map(|(_, one)| one).collect())
    }

    async fn half<T>(
        &self,
        list: &List,
        filter: Document,
        read: impl Fn(&Document) -> Result<T, Error>,
    ) -> Result<Vec<(ExecutionId, T)>, Error> {
        let direction = match list.order {
            Order::OldestFirst => 1,
            Order::NewestFirst => -1,
        };
        let find = self.collections.executions.find(filter);
        let mut find = find.sort(doc! { "_id": direction });
        if let Ok(limit) = i64::try_from(list.limit) {
            find = find.limit(limit);
        }
        if let Some(fields) = &list.fields {
            find = find.projection(fields.clone());
        }
        let mut found = find.await?;
        let mut half = Vec::new();
        while let Some(document) = found.try_next().await? {
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let id = id.ok_or(Error::Document {
                collection: crate::collections::EXECUTIONS,
                what: "_id",
            })?;
            half.push((id, read(&document)?));
        }
        Ok(half)
    }
}

fn of_query(query: &ExecutionQuery) -> List {
    let mut filter = Document::new();
    if let Some(function) = query.function {
        filter.insert("functionId", function.bson());
    }
    if let Some(status) = query.state() {
        filter.insert("status", status.as_str());
    }
    if let Some(kind) = query.failure {
        // What an earlier system wrote has no kind, and counts as the function's own fault.
        let kinds = match kind {
            FailureKind::UserError if query.state() == Some(Status::Failed) => {
                vec![Bson::from(kind.as_str()), Bson::Null]
            }
            _ => vec![Bson::from(kind.as_str())],
        };
        filter.insert("errorKind", doc! { "$in": kinds });
    }
    List {
        filter,
        period: query.period,
        beyond: query.before,
        order: Order::NewestFirst,
        limit: query.limit,
        fields: None,
    }
}

/// The filter for ids that are strings. Their order is that of the ids.
fn ours(list: &List) -> Document {
    let id = match (list.beyond, list.order) {
        (None, _) => doc! { "$gte": "" },
        (Some(before), Order::NewestFirst) => doc! { "$gte": "", "$lt": before.text() },
        (Some(after), Order::OldestFirst) => doc! { "$gt": after.text() },
    };
    let mut filters = period::exactly("createdAt", list.period);
    filters.push(doc! { "_id": id });
    filters.push(list.filter.clone());
    period::all(filters)
}

/// The filter for ids that are ObjectIds; `None` when none can match.
fn legacy(list: &List) -> Option<Document> {
    let least = ObjectId::from_bytes([0; 12]);
    let id = match (list.beyond, list.order) {
        (None, _) => doc! { "$gte": least },
        (Some(before), Order::NewestFirst) => match first_object_id(before.bits()) {
            Some(first) => doc! { "$gte": least, "$lt": first },
            None => doc! { "$gte": least },
        },
        (Some(after), Order::OldestFirst) => {
            doc! { "$gte": first_object_id(after.bits().saturating_add(1))? }
        }
    };
    let mut filters = vec![doc! { "_id": id }, list.filter.clone()];
    filters.extend(period::of_legacy(list.period));
    Some(period::all(filters))
}

/// The value of the unique field by which an execution holds an idempotency key.
pub(crate) fn key_slot(function: FunctionId, key: &str) -> Bson {
    Bson::String(format!("{}:{key}", function.text()))
}

/// Executions that have not ended.
fn unfinished(after: Option<ExecutionId>, limit: usize) -> List {
    List {
        filter: doc! { "status": { "$in": ["pending", "running"] } },
        period: Period::ALL,
        beyond: after,
        order: Order::OldestFirst,
        limit,
        fields: None,
    }
}
