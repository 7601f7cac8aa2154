//! Functions, their labels, and how much code was stored.

use std::collections::HashMap;

use faas_core::error::StoreError;
use faas_core::model::{Function, FunctionCounts, FunctionId, FunctionLabel, Timestamp};
use faas_core::store::Period;
use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};

use crate::documents::damage::readable;
use crate::documents::function::{self, CodeSpan};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// How many labels one query asks for.
const LABELS: usize = 256;

/// How often to try to delete a function that others keep changing.
const TRIES: usize = 8;

impl Inner {
    pub(crate) async fn insert_function(&self, function: &Function) -> Result<(), Error> {
        self.require_free_name(function).await?;
        let spans = [CodeSpan::open(function, function.created_at)];
        let insert = self
            .collections
            .functions
            .insert_one(function::write(function, &spans));
        match insert.await.map_err(Error::from) {
            Ok(_) => Ok(()),
            Err(error) if error.is_duplicate() => {
                let known = self.function_document(function.id).await?.is_some();
                let what = if known {
                    "function id"
                } else {
                    "function name"
                };
                Err(Error::Store(StoreError::Conflict(what)))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn update_function(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), Error> {
        let stale = || Error::Store(StoreError::Stale);
        let document = self
            .function_document(function.id)
            .await?
            .ok_or_else(stale)?;
        let stored = function::read(&document)?;
        if stored.updated_at != expected {
            return Err(stale());
        }
        if function.name != stored.name {
            self.require_free_name(function).await?;
        }
        let mut spans = function::spans(&document)?;
        if stored.code_bytes() != function.code_bytes() {
            function::end_span(&mut spans, function.updated_at);
            spans.push(CodeSpan::open(function, function.updated_at));
        }
        if function.version > stored.version {
            self.keep_version(&stored, &document, function.updated_at)
                .await?;
        }
        // A crash in between leaves a mark too many, which the next change removes, and never one too
        // few.
        self.mark_aliased(function.id, &function.aliases).await?;
        let replaced = self
            .collections
            .functions
            .replace_one(unchanged(&document), function::write(function, &spans))
            .await;
        match replaced.map_err(Error::from) {
            Ok(replaced) if replaced.matched_count == 1 => {}
            Ok(_) => return Err(stale()),
            Err(error) if error.is_duplicate() => {
                return Err(Error::Store(StoreError::Conflict("function name")));
            }
            Err(error) => return Err(error),
        }
        // The function is changed. What cannot be deleted now is deleted at the next change.
        let pruned = match self.unmark_aliased(function.id, &function.aliases).await {
            Ok(()) => self.prune_versions(function.id).await,
            failed => failed,
        };
        if let Err(error) = pruned {
            tracing::warn!(function_id = %function.id, %error, "cannot delete old versions of a function");
        }
        Ok(())
    }

    pub(crate) async fn function(&self, id: FunctionId) -> Result<Option<Function>, Error> {
        let document = self.function_document(id).await?;
        document.as_ref().map(function::read).transpose()
    }

    pub(crate) async fn function_updated_at(
        &self,
        id: FunctionId,
    ) -> Result<Option<Timestamp>, Error> {
        let find = self
            .collections
            .functions
            .find_one(doc! { "_id": id.bson() });
        let found = find.projection(function::changed_fields()).await?;
        found.as_ref().map(function::changed).transpose()
    }

    pub(crate) async fn function_counts(&self) -> Result<FunctionCounts, Error> {
        let functions = &self.collections.functions;
        // An earlier system may have kept no status; what is none counts as inactive.
        let active = [Bson::from("active"), Bson::Null];
        let with = |filter: Document| functions.count_documents(doc! { "status": filter });
        Ok(FunctionCounts {
            active: with(doc! { "$in": &active[..] }).await?,
            inactive: with(doc! { "$nin": &active[..] }).await?,
        })
    }

    pub(crate) async fn function_named(&self, name: &str) -> Result<Option<FunctionId>, Error> {
        let find = self.collections.functions.find_one(doc! { "name": name });
        let found = find.projection(doc! { "_id": 1 }).await?;
        let id = found.as_ref().and_then(|found| found.get("_id"));
        Ok(id.and_then(FunctionId::of_bson))
    }

    pub(crate) async fn labels(
        &self,
        ids: &[FunctionId],
    ) -> Result<HashMap<FunctionId, FunctionLabel>, Error> {
        let mut labels = HashMap::new();
        for some in ids.chunks(LABELS) {
            let filter = one_of(some);
            let deleted = self.collections.deleted_functions.find(filter.clone());
            let mut found = deleted.projection(doc! { "codeSpans": 0 }).await?;
            while let Some(document) = found.try_next().await? {
                if let Some(label) = readable(&document, function::read_deleted(&document))? {
                    labels.insert(label.id, label);
                }
            }
            // A function whose deletion was broken off is in both, and still there.
            for summary in self.summaries_without_code(filter).await? {
                let label = FunctionLabel {
                    id: summary.id,
                    name: summary.name,
                    description: summary.description,
                    tier: summary.tier,
                    deleted: false,
                };
                labels.insert(label.id, label);
            }
        }
        Ok(labels)
    }

    pub(crate) async fn delete_function(
        &self,
        id: FunctionId,
        at: Timestamp,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let Some(document) = self.function_document(id).await? else {
                return Ok(false);
            };
            let label = function::read(&document)?.label();
            let mut spans = function::spans(&document)?;
            function::end_span(&mut spans, at);
            let kept = function::write_deleted(&label, &spans, at);
            // First the part that stays, so that nothing is lost if the process ends in between.
            let replace = self
                .collections
                .deleted_functions
                .replace_one(doc! { "_id": id.bson() }, kept)
                .upsert(true);
            match replace.await.map_err(Error::from) {
                // Two that add the same document at once: the other has added it.
                Err(error) if error.is_duplicate() => continue,
                other => other?,
            };
            let deleted = self
                .collections
                .functions
                .delete_one(unchanged(&document))
                .await?;
            if deleted.deleted_count == 1 {
                self.delete_versions(id).await?;
                self.delete_schedules_of(id).await?;
                return Ok(true);
            }
        }
        Err(Error::Contended("the function is being changed"))
    }

    pub(crate) async fn code_byte_micros(
        &self,
        period: Period,
        function: Option<FunctionId>,
    ) -> Result<u128, Error> {
        let filter = function.map_or_else(Document::new, |id| doc! { "_id": id.bson() });
        // A function whose deletion was broken off is in both, and still there.
        let mut sums = HashMap::new();
        for collection in [
            &self.collections.deleted_functions,
            &self.collections.functions,
        ] {
            let find = collection.find(filter.clone());
            let mut found = find.projection(doc! { "codeSpans": 1 }).await?;
            while let Some(document) = found.try_next().await? {
                let id = document.get("_id").and_then(FunctionId::of_bson);
                let spans = match document.get("codeSpans") {
                    Some(_) => function::spans(&document)?,
                    // An earlier system kept none: the code itself is measured.
                    None => match self.document_with_code(collection, &document).await? {
                        Some(whole) => {
                            readable(&whole, function::spans(&whole))?.unwrap_or_default()
                        }
                        None => continue,
                    },
                };
                let spans = spans.iter().map(|span| span.byte_micros(period));
                sums.insert(id, spans.sum::<u128>());
            }
        }
        Ok(sums.values().sum())
    }

    async fn document_with_code(
        &self,
        collection: &Collection<Document>,
        document: &Document,
    ) -> Result<Option<Document>, Error> {
        let by_id = doc! { "_id": document.get("_id").cloned() };
        Ok(collection.find_one(by_id).await?)
    }

    pub(crate) async fn function_document(
        &self,
        id: FunctionId,
    ) -> Result<Option<Document>, Error> {
        let find = self
            .collections
            .functions
            .find_one(doc! { "_id": id.bson() });
        Ok(find.await?)
    }

    /// Refuses a name that is taken. The index decides between two functions created at the same time.
    async fn require_free_name(&self, function: &Function) -> Result<(), Error> {
        let other = doc! { "name": &*function.name, "_id": { "$ne": function.id.bson() } };
        if self.collections.functions.find_one(other).await?.is_some() {
            return Err(Error::Store(StoreError::Conflict("function name")));
        }
        Ok(())
    }
}

/// Matches the document as long as nobody has changed it.
pub(crate) fn unchanged(document: &Document) -> Document {
    let mut filter = Document::new();
    for name in ["_id", "updatedAt"] {
        filter.insert(name, document.get(name).cloned().unwrap_or(Bson::Null));
    }
    let exact = document.get_document("exact").ok();
    let exact = exact.and_then(|exact| exact.get("updatedAt")).cloned();
    filter.insert("exact.updatedAt", exact.unwrap_or(Bson::Null));
    filter
}

pub(crate) fn one_of(ids: &[FunctionId]) -> Document {
    let ids: Vec<Bson> = ids.iter().map(|id| id.bson()).collect();
    doc! { "_id": { "$in": ids } }
}
