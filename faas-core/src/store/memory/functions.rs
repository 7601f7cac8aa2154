//! Functions by id and by name, their replaced versions, and how long how much code was stored.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::super::{FunctionQuery, Page, Period, SPARE_BYTES, SPARE_VERSIONS, StoreError};
use crate::model::{
    Function, FunctionCounts, FunctionId, FunctionLabel, FunctionStatus, FunctionSummary, Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Functions {
    live: BTreeMap<FunctionId, Function>,
    by_name: HashMap<Arc<str>, FunctionId>,
    deleted: HashMap<FunctionId, FunctionLabel>,
    /// Replaced versions.
    replaced: BTreeMap<(FunctionId, u32), Replaced>,
    spans: Vec<CodeSpan>,
}

/// A version that another one has replaced.
#[derive(Debug)]
struct Replaced {
    function: Function,
    at: Timestamp,
}

/// A span of time during which a function's code had one length.
#[derive(Debug)]
struct CodeSpan {
    function: FunctionId,
    bytes: usize,
    from: Timestamp,
    to: Option<Timestamp>,
}

impl Functions {
    pub(super) fn insert(&mut self, function: &Function) -> Result<(), StoreError> {
        if self.by_name.contains_key(&function.name) {
            return Err(StoreError::Conflict("function name"));
        }
        if self.live.contains_key(&function.id) || self.deleted.contains_key(&function.id) {
            return Err(StoreError::Conflict("function id"));
        }
        self.by_name.insert(function.name.clone(), function.id);
        self.live.insert(function.id, function.clone());
        self.begin_span(function, function.created_at);
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = self.live.get_mut(&function.id).ok_or(StoreError::Stale)?;
        if stored.updated_at != expected {
            return Err(StoreError::Stale);
        }
        if self
            .by_name
            .get(&function.name)
            .is_some_and(|id| *id != function.id)
        {
            return Err(StoreError::Conflict("function name"));
        }
        let old = std::mem::replace(stored, function.clone());
        self.by_name.remove(&old.name);
        self.by_name.insert(function.name.clone(), function.id);
        if old.code_bytes() != function.code_bytes() {
            self.end_span(function.id, function.updated_at);
            self.begin_span(function, function.updated_at);
        }
        if function.version > old.version {
            let key = (function.id, old.version);
            let replaced = Replaced {
                function: Function {
                    aliases: Arc::default(),
                    ..old
                },
                at: function.updated_at,
            };
            self.replaced.insert(key, replaced);
        }
        Ok(())
    }

    /// The replaced versions of `function` that may be deleted, unless an unfinished execution needs
    /// them.
    pub(super) fn spare_versions(&self, function: FunctionId) -> Vec<(FunctionId, u32)> {
        let (mut place, mut bytes) = (0, 0);
        let mut is_spare = |replaced: &Replaced| {
            let is_newest = place == 0;
            place += 1;
            if !is_newest {
                bytes += replaced.function.code_bytes() as u64;
            }
            place > SPARE_VERSIONS || bytes > SPARE_BYTES
        };
        let versions = self.kept(function);
        let spare = versions.filter(|(_, replaced)| is_spare(replaced));
        spare
            .map(|(key, _)| *key)
            .filter(|key| !self.has_alias(*key))
            .collect()
    }

    /// The versions that were replaced before `before` and that no alias stands for.
    pub(super) fn replaced_before(&self, before: Timestamp) -> Vec<(FunctionId, u32)> {
        let old = self.replaced.iter().filter(|(_, one)| one.at < before);
        let old = old.map(|(key, _)| *key);
        old.filter(|key| !self.has_alias(*key)).collect()
    }

    /// The replaced versions of a function, newest first.
    fn kept(&self, of: FunctionId) -> impl Iterator<Item = (&(FunctionId, u32), &Replaced)> {
        self.replaced.range((of, 0)..=(of, u32::MAX)).rev()
    }

    fn has_alias(&self, (function, version): (FunctionId, u32)) -> bool {
        let current = self.live.get(&function);
        current.is_some_and(|current| current.aliases.versions().any(|one| one == version))
    }

    /// Deletes the replaced versions `spare`, but for those that are `needed`.
    pub(super) fn forget_versions(
        &mut self,
        spare: impl IntoIterator<Item = (FunctionId, u32)>,
        needed: &HashSet<(FunctionId, u32)>,
    ) {
        for key in spare {
            if !needed.contains(&key) {
                self.replaced.remove(&key);
            }
        }
    }

    pub(super) fn version(&self, id: FunctionId, version: u32) -> Option<Function> {
        let current = self.live.get(&id)?;
        if current.version == version {
            return Some(current.clone());
        }
        let replaced = self.replaced.get(&(id, version));
        replaced.map(|replaced| replaced.function.clone())
    }

    /// The current version and the replaced ones, newest first.
    pub(super) fn versions(&self, id: FunctionId) -> Vec<FunctionSummary> {
        let replaced = self.kept(id).map(|(_, replaced)| &replaced.function);
        let versions = self.live.get(&id).into_iter().chain(replaced);
        versions
            .map(|function| FunctionSummary::new(function.clone(), false))
            .collect()
    }

    pub(super) fn delete(&mut self, id: FunctionId, at: Timestamp) -> bool {
        let Some(function) = self.live.remove(&id) else {
            return false;
        };
        self.by_name.remove(&function.name);
        let label = FunctionLabel {
            deleted: true,
            ..function.label()
        };
        self.deleted.insert(id, label);
        self.end_span(id, at);
        self.replaced.retain(|(of, _), _| *of != id);
        true
    }

    pub(super) fn get(&self, id: FunctionId) -> Option<Function> {
        self.live.get(&id).cloned()
    }

    pub(super) fn page(&self, query: &FunctionQuery) -> Page<FunctionSummary, FunctionId> {
        let older = match query.before {
            Some(before) => self.live.range(..before),
            None => self.live.range(..),
        };
        let summary = |(_, function): (_, &Function)| {
            Ok::<_, std::convert::Infallible>(FunctionSummary::new(function.clone(), query.code))
        };
        match query.page(older.rev().map(summary)) {
            Ok(page) => page,
            Err(never) => match never {},
        }
    }

    pub(super) fn counts(&self) -> FunctionCounts {
        let is_active = |function: &&Function| function.status == FunctionStatus::Active;
        let active = self.live.values().filter(is_active).count();
        FunctionCounts {
            active: active as u64,
            inactive: (self.live.len() - active) as u64,
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<FunctionId> {
        self.by_name.get(name).copied()
    }

    /// All versions that have secrets.
    pub(super) fn sealed(&self) -> Vec<(FunctionId, u32)> {
        let replaced = self.replaced.values().map(|replaced| &replaced.function);
        let all = self.live.values().chain(replaced);
        all.filter(|function| !function.environment.secrets.is_empty())
            .map(|function| (function.id, function.version))
            .collect()
    }

    /// Replaces the environment of this version, if it was changed at `expected` the last time.
    pub(super) fn replace_environment(
        &mut self,
        function: &Function,
        expected: Timestamp,
    ) -> Result<(), StoreError> {
        let current = self.live.get_mut(&function.id).ok_or(StoreError::Stale)?;
        let stored = if current.version == function.version {
            Some(current)
        } else {
            let replaced = self.replaced.get_mut(&(function.id, function.version));
            replaced.map(|replaced| &mut replaced.function)
        };
        let stored = stored.filter(|stored| stored.updated_at == expected);
        let stored = stored.ok_or(StoreError::Stale)?;
        stored.environment = Arc::clone(&function.environment);
        stored.updated_at = function.updated_at;
        Ok(())
    }

    pub(super) fn labels(&self, ids: &[FunctionId]) -> HashMap<FunctionId, FunctionLabel> {
        let label = |id: &FunctionId| {
            let live = self.live.get(id).map(Function::label);
            let label = live.or_else(|| self.deleted.get(id).cloned())?;
            Some((*id, label))
        };
        ids.iter().filter_map(label).collect()
    }

    pub(super) fn byte_micros(&self, period: Period, function: Option<FunctionId>) -> u128 {
        let spans = self.spans.iter();
        spans
            .filter(|span| function.is_none_or(|id| id == span.function))
            .map(|span| {
                let end = span.to.unwrap_or(period.to).min(period.to);
                let kept = end.since(span.from.max(period.from));
                kept.as_micros() * span.bytes as u128
            })
            .sum()
    }

    fn begin_span(&mut self, function: &Function, from: Timestamp) {
        self.spans.push(CodeSpan {
            function: function.id,
            bytes: function.code_bytes(),
            from,
            to: None,
        });
    }

    fn end_span(&mut self, function: FunctionId, at: Timestamp) {
        let mut spans = self.spans.iter_mut();
        if let Some(span) = spans.rfind(|span| span.function == function && span.to.is_none()) {
            span.to = Some(at);
        }
    }
}
