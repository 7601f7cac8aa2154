//! Lists of functions, and which of them have secrets.

use std::collections::HashMap;

use faas_core::error::StoreError;
use faas_core::model::{Function, FunctionId, FunctionSummary, Timestamp};
use faas_core::store::{FunctionPage, FunctionQuery, Page};
use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use crate::documents::damage::readable;
use crate::documents::{date, function, integer};
use crate::error::Error;
use crate::functions::{one_of, unchanged};
use crate::ids::{Id, first_object_id};
use crate::store::Inner;
use crate::versions;

/// How many functions one query reads with their code, and without.
const WITH_CODE: usize = 8;
const WITHOUT_CODE: usize = 256;

impl Inner {
    /// A page of functions: first their ids, in order, and then as many of them as fit.
    pub(crate) async fn functions(
        &self,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary, FunctionId>, Error> {
        let ids = self.function_ids(query).await?;
        let mut page = FunctionPage::new(query);
        let at_once = if query.code { WITH_CODE } else { WITHOUT_CODE };
        for some in ids.chunks(at_once) {
            let summaries = if query.code {
                self.summaries_with_code(one_of(some)).await?
            } else {
                self.summaries_without_code(one_of(some)).await?
            };
            let mut by_id: HashMap<_, _> = summaries.into_iter().map(|one| (one.id, one)).collect();
            for summary in some.iter().filter_map(|id| by_id.remove(id)) {
                if page.push(summary) {
                    return Ok(page.finish());
                }
            }
        }
        Ok(page.finish())
    }

    /// The newest ids that the query may need, newest first: those of an earlier system are of another
    /// type, so they are asked for apart.
    async fn function_ids(&self, query: &FunctionQuery) -> Result<Vec<FunctionId>, Error> {
        let (mut ours, mut legacy) = (doc! { "$gte": "" }, doc! {});
        legacy.insert("$gte", ObjectId::from_bytes([0; 12]));
        if let Some(before) = query.before {
            ours.insert("$lt", before.text());
            if let Some(first) = first_object_id(before.bits()) {
                legacy.insert("$lt", first);
            }
        }
        // One more tells whether there is a next page.
        let most = query.limit.min(FunctionQuery::MOST) + 1;
        let mut ids = Vec::new();
        for half in [ours, legacy] {
            let find = self.collections.functions.find(doc! { "_id": half });
            let find = find.projection(doc! { "_id": 1 }).sort(doc! { "_id": -1 });
            let limit = i64::try_from(most).unwrap_or(i64::MAX);
            let mut found = find.limit(limit).await?;
            while let Some(document) = found.try_next().await? {
                ids.extend(document.get("_id").and_then(FunctionId::of_bson));
            }
        }
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        ids.truncate(most);
        Ok(ids)
    }

    async fn summaries_with_code(&self, filter: Document) -> Result<Vec<FunctionSummary>, Error> {
        let find = self.collections.functions.find(filter);
        let mut found = find.projection(doc! { "codeSpans": 0 }).await?;
        let mut summaries = Vec::new();
        while let Some(document) = found.try_next().await? {
            let function = readable(&document, function::read(&document))?;
            summaries.extend(function.map(|function| FunctionSummary::new(function, true)));
        }
        Ok(summaries)
    }

    pub(crate) async fn summaries_without_code(
        &self,
        filter: Document,
    ) -> Result<Vec<FunctionSummary>, Error> {
        let mut summaries = HashMap::new();
        let fields = function::fields_without_code();
        let mut incomplete = self.add_summaries(filter, fields, &mut summaries).await?;
        if !incomplete.is_empty() {
            // Written before `codeBytes` was stored: the spans have it.
            let (filter, fields) = (one_of(&incomplete), doc! { "code": 0, "modules": 0 });
            incomplete = self.add_summaries(filter, fields, &mut summaries).await?;
        }
        if !incomplete.is_empty() {
            // Written by an earlier system: tier and length follow from the code. Only one code is in
            // memory at a time.
            let find = self.collections.functions.find(one_of(&incomplete));
            let mut found = find.projection(doc! { "codeSpans": 0 }).await?;
            while let Some(document) = found.try_next().await? {
                let Some(whole) = readable(&document, function::read(&document))? else {
                    continue;
                };
                if let Some(one) = summaries.get_mut(&whole.id) {
                    one.tier = whole.tier;
                    one.code_bytes = whole.code_bytes() as u64;
                }
            }
        }
        Ok(summaries.into_values().collect())
    }

    /// Reads these fields of functions. Returns the functions whose tier, or the length of whose code,
    /// is not in them.
    async fn add_summaries(
        &self,
        filter: Document,
        fields: Document,
        summaries: &mut HashMap<FunctionId, FunctionSummary>,
    ) -> Result<Vec<FunctionId>, Error> {
        let mut found = (self.collections.functions.find(filter))
            .projection(fields)
            .await?;
        let mut incomplete = Vec::new();
        while let Some(document) = found.try_next().await? {
            let read = function::read_without_code(&document);
            if let Some((summary, is_complete)) = readable(&document, read)? {
                if !is_complete {
                    incomplete.push(summary.id);
                }
                summaries.insert(summary.id, summary);
            }
        }
        Ok(incomplete)
    }

    /// The versions, current and kept, that have secrets.
    pub(crate) async fn sealed_versions(&self) -> Result<Vec<(FunctionId, u32)>, Error> {
        let mut sealed = Vec::new();
        let functions = &self.collections.functions;
        let fields = doc! { "version": 1, "config.secrets": 1 };
        sealed_in(functions, fields, "_id", itself, &mut sealed).await?;
        let versions = &self.collections.function_versions;
        let fields = doc! { "functionId": 1, "version": 1, "function.config.secrets": 1 };
        sealed_in(versions, fields, "functionId", its_function, &mut sealed).await?;
        Ok(sealed)
    }

    /// Replaces the environment of this version, current or kept, if it was changed at `expected` the
    /// last time.
    pub(crate) async fn replace_environment(
        &self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), Error> {
        let stale = || Error::Store(StoreError::Stale);
        let document = self.function_document(function.id).await?;
        let document = document.ok_or_else(stale)?;
        let stored = function::read(&document)?;
        let is_current = stored.version == function.version;
        if is_current && stored.updated_at != expected {
            return Err(stale());
        }
        let (filter, collection, path) = if is_current {
            (unchanged(&document), &self.collections.functions, "")
        } else {
            let filter = doc! {
                "_id": versions::key(function.id, function.version),
                "updatedAt": expected.as_micros(),
            };
            (filter, &self.collections.function_versions, "function.")
        };
        let (variables, secrets) = function::write_environment(&function.environment);
        let mut set = doc! {
            format!("{path}config.env"): variables,
            format!("{path}config.secrets"): secrets,
            format!("{path}updatedAt"): date(function.updated_at),
            format!("{path}exact.updatedAt"): function.updated_at.as_micros(),
        };
        if !is_current {
            set.insert("updatedAt", function.updated_at.as_micros());
        }
        let replaced = collection.update_one(filter, doc! { "$set": set }).await?;
        if replaced.matched_count == 1 {
            Ok(())
        } else {
            Err(stale())
        }
    }
}

const fn itself(document: &Document) -> Option<&Document> {
    Some(document)
}

fn its_function(version: &Document) -> Option<&Document> {
    version.get_document("function").ok()
}

/// Adds the versions in this collection whose `config`, within what `within` gives, has secrets.
async fn sealed_in(
    collection: &Collection<Document>,
    fields: Document,
    id: &str,
    within: fn(&Document) -> Option<&Document>,
    sealed: &mut Vec<(FunctionId, u32)>,
) -> Result<(), Error> {
    let mut found = collection.find(doc! {}).projection(fields).await?;
    while let Some(document) = found.try_next().await? {
        let config = within(&document).and_then(|one| one.get_document("config").ok());
        let secrets = config.and_then(|config| config.get_document("secrets").ok());
        if secrets.is_none_or(Document::is_empty) {
            continue;
        }
        let version = document.get("version").unwrap_or(&Bson::Int32(1));
        let version = integer(version).and_then(|version| u32::try_from(version).ok());
        let id = document.get(id).and_then(FunctionId::of_bson);
        sealed.extend(id.zip(version));
    }
    Ok(())
}
