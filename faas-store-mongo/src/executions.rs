//! Queries of executions. Nothing here writes.
//!
//! Lists are in the order of ids. Our ids are strings, and those of an earlier system are ObjectIds,
//! which MongoDB sorts apart. So a list that may have both is merged from two queries. Databases
//! without ObjectIds are asked once.

use std::collections::HashMap;
use std::time::Duration;

use faas_core::model::{
    DeadLetterGroup, Execution, ExecutionId, FailureKind, FunctionId, ListedExecution, Status,
    Timestamp,
};
use faas_core::store::{ExecutionQuery, FollowUpFilter, PAGE_BYTES, Page, Period};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use crate::collections::EXECUTIONS;
use crate::documents::damage::readable;
use crate::documents::{Fields, execution};
use crate::error::Error;
use crate::ids::{Id, first_object_id};
use crate::period;
use crate::store::Inner;

/// How many unfinished executions one query reads, and how many queries for the newest execution of a
/// function run at the same time.
const AT_ONCE: usize = 8;
/// How many documents without a readable id a list may pass over.
const UNREADABLE: usize = 64;

/// Which way a list goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// A list of executions, in terms that apply to both kinds of documents.
pub(crate) struct List {
    pub(crate) filter: Document,
    pub(crate) period: Period,
    /// The field of an index to read in place of that of the ids, and what its values begin with. They go
    /// on with the ids.
    pub(crate) index: Option<(&'static str, String)>,
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

    /// First everything but what may be long, and then the long parts that fit into the page.
    pub(crate) async fn executions(
        &self,
        query: &ExecutionQuery,
    ) -> Result<Vec<ListedExecution>, Error> {
        let list = List {
            fields: Some(execution::head_fields()),
            ..of_query(query)
        };
        let heads = self.list(&list, execution::head).await?;
        self.with_parts(heads, query.max_bytes).await
    }

    /// The newest execution of each of these functions, [`AT_ONCE`] queries at a time.
    pub(crate) async fn latest_executions(
        &self,
        of: &[FunctionId],
    ) -> Result<HashMap<FunctionId, ListedExecution>, Error> {
        let newest = stream::iter(of.iter().copied())
            .map(async |id| {
                let newest = self.executions(&ExecutionQuery::latest_of(id)).await?;
                Ok::<_, Error>(newest.into_iter().next().map(|newest| (id, newest)))
            })
            .buffer_unordered(AT_ONCE);
        newest
            .try_filter_map(async |newest| Ok(newest))
            .try_collect()
            .await
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
            period: Period {
                from: since,
                ..Period::ALL
            },
            limit,
            ..ExecutionQuery::default()
        };
        let list = List {
            fields: Some(doc! { "duration": 1, "exact": 1 }),
            ..of_query(&query)
        };
        let read = |document: &Document| {
            let fields = Fields::new(document, EXECUTIONS);
            let duration = fields.optional_duration("duration").unwrap_or_default();
            Ok(duration.unwrap_or_default())
        };
        self.list(&list, read).await
    }

    /// First their ids, in order, and then as many of them as fit into a page.
    pub(crate) async fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Page<Execution, ExecutionId>, Error> {
        let ids = self.unfinished_ids(after, limit).await?;
        let last = ids.last().copied().filter(|_| ids.len() == limit);
        let (mut items, mut bytes) = (Vec::<Execution>::new(), 0);
        for some in ids.chunks(AT_ONCE) {
            let mut found = self.whole(some).await?;
            // One that is damaged reads as failed: nobody may take it up.
            found.retain(|_, one| !one.status.is_terminal());
            for one in some.iter().filter_map(|id| found.remove(id)) {
                bytes += one.input.len();
                if bytes > PAGE_BYTES && !items.is_empty() {
                    let next = items.last().map(|last| last.id);
                    return Ok(Page { items, next });
                }
                items.push(one);
            }
        }
        Ok(Page { items, next: last })
    }

    pub(crate) async fn unfinished_ids(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, Error> {
        let list = List {
            filter: doc! { "status": { "$in": ["pending", "running"] } },
            period: Period::ALL,
            index: None,
            beyond: after,
            order: Order::OldestFirst,
            limit,
            fields: Some(doc! { "_id": 1 }),
        };
        let read = |document: &Document| Fields::new(document, EXECUTIONS).id("_id");
        self.list(&list, read).await
    }

    async fn whole(&self, ids: &[ExecutionId]) -> Result<HashMap<ExecutionId, Execution>, Error> {
        let ids: Vec<Bson> = ids.iter().map(|id| id.bson()).collect();
        let find = self
            .collections
            .executions
            .find(doc! { "_id": { "$in": ids } });
        let mut found = find.await?;
        let mut whole = HashMap::new();
        while let Some(document) = found.try_next().await? {
            let read = readable(&document, execution::read(&document))?;
            whole.extend(read.map(|one| (one.id, one)));
        }
        Ok(whole)
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

    /// Read from an index: its values have the ids and the groups.
    pub(crate) async fn open_dead_letters(
        &self,
        function: Option<FunctionId>,
        limit: usize,
    ) -> Result<Vec<(ExecutionId, DeadLetterGroup)>, Error> {
        let (field, prefix) = match function {
            None => (execution::DEAD_LETTER, String::new()),
            Some(function) => (execution::DEAD_LETTER_OF, format!("{}/", function.text())),
        };
        let range = doc! { "$gte": &prefix, "$lt": format!("{prefix}g") };
        let find = self.collections.executions.find(doc! { field: range });
        let find = find.sort(doc! { field: -1 });
        let find = find.projection(doc! { "_id": 0, field: 1 });
        let mut found = find.limit(i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        let mut dead = Vec::new();
        while let Some(document) = found.try_next().await? {
            let value = document.get_str(field).unwrap_or_default();
            let parts = value
                .strip_prefix(&prefix)
                .and_then(|rest| rest.split_once('/'));
            dead.extend(
                parts.and_then(|(id, group)| Some((id.parse().ok()?, group.parse().ok()?))),
            );
        }
        Ok(dead)
    }

    pub(crate) async fn next_deliveries(
        &self,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ExecutionId)>, Error> {
        let due = execution::DELIVERY_DUE;
        let find = self
            .collections
            .executions
            .find(doc! { due: { "$gte": i64::MIN } });
        let find = find.sort(doc! { due: 1 }).projection(doc! { due: 1 });
        let mut found = find.limit(i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        let mut next = Vec::new();
        while let Some(document) = found.try_next().await? {
            let fields = Fields::new(&document, EXECUTIONS);
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let due = fields.optional_integer(due)?.map(Timestamp::from_micros);
            next.extend(due.zip(id));
        }
        Ok(next)
    }

    pub(crate) async fn newest_execution(&self) -> Result<Option<ExecutionId>, Error> {
        let list = List {
            filter: Document::new(),
            period: Period::ALL,
            index: None,
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
        let mut ours = self.half(list, self.ours(list), &read).await?;
        if let Some(filter) = legacy(list).filter(|_| self.has_legacy && list.index.is_none()) {
            ours.extend(self.half(list, filter, &read).await?);
            ours.sort_by_key(|(id, _)| *id);
            if let Order::NewestFirst = list.order {
                ours.reverse();
            }
            ours.truncate(list.limit);
        }
        Ok(ours.into_iter().map(|(_, one)| one).collect())
    }

    /// The filter for ids that are strings, whose order is that of the ids. Where there are no others,
    /// nothing is asked of the id that need not be: some servers would look it up in a second index.
    fn ours(&self, list: &List) -> Document {
        let mut filters = period::exactly("createdAt", list.period);
        if let Some((field, prefix)) = &list.index {
            // An id goes on with a hexadecimal digit.
            let end = list.beyond.map_or("g".to_owned(), Id::text);
            let range = doc! { "$gte": prefix, "$lt": format!("{prefix}{end}") };
            filters.push(doc! { *field: range });
        }
        match (list.beyond, list.order) {
            _ if list.index.is_some() => {}
            (None, _) if self.has_legacy => filters.push(doc! { "_id": { "$gte": "" } }),
            (None, _) => {}
            // Only strings are less or greater than a string.
            (Some(before), Order::NewestFirst) => {
                filters.push(doc! { "_id": { "$lt": before.text() } });
            }
            (Some(after), Order::OldestFirst) => {
                filters.push(doc! { "_id": { "$gt": after.text() } });
            }
        }
        if !list.filter.is_empty() {
            filters.push(list.filter.clone());
        }
        period::all(filters)
    }

    async fn half<T>(
        &self,
        list: &List,
        filter: Document,
        read_one: impl Fn(&Document) -> Result<T, Error>,
    ) -> Result<Vec<(ExecutionId, T)>, Error> {
        let direction = match list.order {
            Order::OldestFirst => 1,
            Order::NewestFirst => -1,
        };
        let find = self.collections.executions.find(filter);
        let key = list.index.as_ref().map_or("_id", |(field, _)| field);
        let mut find = find.sort(doc! { key: direction });
        // Some that have no readable id may be among them.
        if let Ok(limit) = i64::try_from(list.limit.saturating_add(UNREADABLE)) {
            find = find.limit(limit);
        }
        if let Some(fields) = &list.fields {
            find = find.projection(fields.clone());
        }
        let mut found = find.await?;
        let mut half = Vec::new();
        while let Some(document) = found.try_next().await? {
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let read = id.ok_or(Error::Document {
                collection: EXECUTIONS,
                what: "_id",
            });
            let read = read.and_then(|id| Ok((id, read_one(&document)?)));
            half.extend(readable(&document, read)?);
            if half.len() == list.limit {
                break;
            }
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
    let text = |id: FunctionId| format!("{}/", id.text());
    let index = match (query.follow_up, query.function) {
        (FollowUpFilter::Any, _) => None,
        (FollowUpFilter::DeadLetter, None) => Some((execution::DEAD_LETTER, String::new())),
        (FollowUpFilter::DeadLetter, Some(function)) => {
            Some((execution::DEAD_LETTER_OF, text(function)))
        }
        (FollowUpFilter::DeadLetterGroup(group), _) => {
            Some((execution::DEAD_LETTER_GROUP, format!("{group}/")))
        }
        (FollowUpFilter::Deliveries(of), _) => Some((execution::DELIVERIES_OF, text(of))),
        (FollowUpFilter::FailedDeliveries(of), _) => {
            Some((execution::FAILED_DELIVERIES_OF, text(of)))
        }
    };
    List {
        filter,
        index,
        period: query.period,
        beyond: query.before,
        order: Order::NewestFirst,
        limit: query.limit,
        fields: None,
    }
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
