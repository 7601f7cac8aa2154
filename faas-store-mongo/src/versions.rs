//! Replaced versions of functions, for aliases and for the unfinished executions that were accepted
//! with them.
//!
//! A version is one document of `functionversions`: the function's document as it was, and when it was
//! replaced, and whether an alias stands for it. It is written before the function is replaced, so that a crash in between leaves a copy
//! too many and never one too few.

use std::collections::HashSet;

use faas_core::model::{Aliases, Function, FunctionId, FunctionSummary, Timestamp};
use faas_core::store::{SPARE_BYTES, SPARE_VERSIONS};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

use crate::collections::FUNCTION_VERSIONS;
use crate::documents::damage::readable;
use crate::documents::{Fields, date, function, integer};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// How many versions [`Inner::expire_versions`] deletes at most.
const DELETED: usize = 64;
/// How many versions it looks at.
const LOOKED_AT: i64 = 256;

impl Inner {
    /// The function at this version: the current one, or one that was kept.
    pub(crate) async fn function_version(
        &self,
        id: FunctionId,
        version: u32,
    ) -> Result<Option<Function>, Error> {
        match self.function(id).await? {
            Some(current) if current.version != version => {
                let by_id = doc! { "_id": key(id, version) };
                let found = self.collections.function_versions.find_one(by_id).await?;
                let kept = found.as_ref().map(|found| {
                    let fields = Fields::new(found, FUNCTION_VERSIONS);
                    let document = fields.value("function").and_then(Bson::as_document);
                    function::read(document.ok_or(fields.unreadable("function"))?)
                });
                kept.transpose()
            }
            other => Ok(other),
        }
    }

    /// The current version and the kept ones, newest first, without their code.
    pub(crate) async fn function_versions(
        &self,
        id: FunctionId,
    ) -> Result<Vec<FunctionSummary>, Error> {
        let mut summaries = self
            .summaries_without_code(doc! { "_id": id.bson() })
            .await?;
        if summaries.is_empty() {
            return Ok(summaries);
        }
        let versions = &self.collections.function_versions;
        let find = versions.find(doc! { "functionId": id.bson() });
        let find = find.projection(doc! { "function.code": 0, "function.modules": 0 });
        let mut found = find.sort(doc! { "version": -1 }).await?;
        while let Some(document) = found.try_next().await? {
            let function = document.get_document("function");
            let fields = Fields::new(&document, FUNCTION_VERSIONS);
            let function = function.map_err(|_| fields.unreadable("function"));
            let read = function.and_then(function::read_without_code);
            summaries.extend(readable(&document, read)?.map(|(summary, _)| summary));
        }
        Ok(summaries)
    }

    /// Marks the kept versions of a function that these aliases stand for.
    pub(crate) async fn mark_aliased(
        &self,
        function: FunctionId,
        aliases: &Aliases,
    ) -> Result<(), Error> {
        let aliased: Vec<Bson> = aliases
            .versions()
            .map(|one| i64::from(one).into())
            .collect();
        if !aliased.is_empty() {
            let these = doc! { "functionId": function.bson(), "version": { "$in": aliased } };
            let mark = doc! { "$set": { "aliased": true } };
            self.collections
                .function_versions
                .update_many(these, mark)
                .await?;
        }
        Ok(())
    }

    /// Removes the marks of the versions that these aliases do not stand for.
    pub(crate) async fn unmark_aliased(
        &self,
        function: FunctionId,
        aliases: &Aliases,
    ) -> Result<(), Error> {
        let aliased: Vec<Bson> = aliases
            .versions()
            .map(|one| i64::from(one).into())
            .collect();
        let others = doc! {
            "functionId": function.bson(), "version": { "$nin": aliased }, "aliased": true,
        };
        let unmark = doc! { "$unset": { "aliased": "" } };
        self.collections
            .function_versions
            .update_many(others, unmark)
            .await?;
        Ok(())
    }

    /// Keeps `stored`, whose document this is, because it is about to be replaced.
    pub(crate) async fn keep_version(
        &self,
        stored: &Function,
        document: &Document,
        replaced_at: Timestamp,
    ) -> Result<(), Error> {
        let mut function = document.clone();
        function.remove("codeSpans");
        function.remove("aliases");
        let updated_at = stored.updated_at.as_micros();
        let id = key(stored.id, stored.version);
        let version = doc! {
            "_id": &id,
            "functionId": stored.id.bson(),
            "version": i64::from(stored.version),
            "updatedAt": updated_at,
            "replacedAt": date(replaced_at),
            "function": function,
        };
        // Somebody else may have kept it after a later change that made no new version.
        let not_later = doc! { "_id": id, "updatedAt": { "$lte": updated_at } };
        let versions = &self.collections.function_versions;
        let keep = versions.replace_one(not_later, version).upsert(true).await;
        match keep.map_err(Error::from) {
            Err(error) if !error.is_duplicate() => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes the spare versions of one function: see
    /// [`faas_core::store::Store::update_function`].
    pub(crate) async fn prune_versions(&self, function: FunctionId) -> Result<(), Error> {
        let versions = &self.collections.function_versions;
        let find = versions.find(doc! { "functionId": function.bson() });
        let fields = doc! { "version": 1, "aliased": 1, "function.codeBytes": 1 };
        let find = find.projection(fields);
        let mut found = find.sort(doc! { "version": -1 }).await?;
        let (mut place, mut bytes, mut spare) = (0, 0, Vec::new());
        while let Some(document) = found.try_next().await? {
            let fields = Fields::new(&document, FUNCTION_VERSIONS);
            let is_newest = place == 0;
            place += 1;
            if !is_newest {
                bytes += fields.within("function").count("codeBytes").unwrap_or(0);
            }
            let is_spare = place > SPARE_VERSIONS || bytes > SPARE_BYTES;
            if is_spare && fields.value("aliased").is_none() {
                spare.extend(fields.optional_u32("version")?);
            }
        }
        if spare.is_empty() {
            return Ok(());
        }
        let needed = self.needed_versions(function).await?;
        let spare = spare.iter().filter(|version| !needed.contains(version));
        let spare: Vec<Bson> = spare.map(|one| key(function, *one).into()).collect();
        if !spare.is_empty() {
            let these = doc! { "_id": { "$in": spare } };
            versions.delete_many(these).await?;
        }
        Ok(())
    }

    /// Deletes a bounded number of versions that were replaced before `before` and that neither an alias
    /// nor an unfinished execution needs.
    pub(crate) async fn expire_versions(&self, before: Timestamp) -> Result<(), Error> {
        let versions = &self.collections.function_versions;
        let find = versions.find(doc! { "replacedAt": { "$lt": date(before) }, "aliased": null });
        let find = find.projection(doc! { "functionId": 1, "version": 1 });
        let mut found = find.sort(doc! { "replacedAt": 1 }).limit(LOOKED_AT).await?;
        let mut spare = Vec::new();
        let mut last: Option<(FunctionId, HashSet<u32>)> = None;
        while let Some(document) = found.try_next().await? {
            let fields = Fields::new(&document, FUNCTION_VERSIONS);
            let function = fields.id("functionId")?;
            let needed = match &last {
                Some((id, needed)) if *id == function => needed,
                _ => {
                    let needed = self.needed_versions(function).await?;
                    &last.insert((function, needed)).1
                }
            };
            let version = fields.optional_u32("version")?.unwrap_or(1);
            if !needed.contains(&version) {
                spare.push(Bson::from(key(function, version)));
            }
            if spare.len() == DELETED {
                break;
            }
        }
        if !spare.is_empty() {
            let these = doc! { "_id": { "$in": spare } };
            versions.delete_many(these).await?;
        }
        Ok(())
    }

    pub(crate) async fn delete_versions(&self, function: FunctionId) -> Result<(), Error> {
        let of = doc! { "functionId": function.bson() };
        self.collections.function_versions.delete_many(of).await?;
        Ok(())
    }

    /// The versions of this function that unfinished executions were accepted with.
    async fn needed_versions(&self, function: FunctionId) -> Result<HashSet<u32>, Error> {
        let unfinished = doc! {
            "status": { "$in": ["pending", "running"] },
            "functionId": function.bson(),
        };
        let executions = &self.collections.executions;
        let versions = executions.distinct("functionVersion", unfinished.clone());
        let versions = versions.await?;
        let number = |value| integer(value).and_then(|version| u32::try_from(version).ok());
        let mut needed: HashSet<u32> = versions.iter().filter_map(number).collect();
        if self.has_legacy {
            // An earlier system kept no version: its executions are read as of the first.
            let mut unversioned = unfinished;
            unversioned.insert("functionVersion", Bson::Null);
            let find = executions.find_one(unversioned);
            if find.projection(doc! { "_id": 1 }).await?.is_some() {
                needed.insert(1);
            }
        }
        Ok(needed)
    }
}

pub(crate) fn key(function: FunctionId, version: u32) -> String {
    format!("{}:{version}", function.text())
}
