//! Preset modules in compiled form: JavaScript of the host that all functions can import.
//!
//! They are compiled once. Each isolate has modules of its own: what a function does to a module
//! stays in the isolates of that function. An isolate in a thread reads the bytecode of a module when
//! code first imports it; a zygote reads all of it before it forks. A module is evaluated when code
//! imports it.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::Unit;
use super::source_map::{SourceMap, SourceMaps};

/// The names of the preset modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::runtime) struct PresetNames(BTreeSet<String>);

impl PresetNames {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names for people, of a length that fits an error message.
    pub(super) fn listed(&self) -> String {
        const SHOWN: usize = 20;
        let shown: Vec<&str> = self.0.iter().take(SHOWN).map(String::as_str).collect();
        let more = if self.0.len() > SHOWN {
            " and others"
        } else {
            ""
        };
        format!("{}{more}", shown.join(", "))
    }
}

impl<S: Into<String>> FromIterator<S> for PresetNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// The preset modules.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Presets {
    pub(super) names: PresetNames,
    pub(super) units: BTreeMap<String, Unit>,
    /// The maps of the modules that were transformed.
    pub(super) maps: SourceMaps,
}

impl Presets {
    pub(super) fn new(units: BTreeMap<String, Unit>, maps: SourceMaps) -> Self {
        Self {
            names: units.keys().cloned().collect(),
            units,
            maps,
        }
    }

    /// Compiles each module with `compile`.
    pub(super) fn compiled<E>(
        modules: &[(String, String)],
        compile: impl Fn(&str, &str) -> Result<(Unit, Option<SourceMap>), E>,
    ) -> Result<Self, E> {
        let mut units = BTreeMap::new();
        let mut maps = SourceMaps::default();
        for (name, text) in modules {
            let (unit, map) = compile(name, text)?;
            if let Some(map) = map {
                maps.add(name, map);
            }
            units.insert(name.clone(), unit);
        }
        Ok(Self::new(units, maps))
    }
}
