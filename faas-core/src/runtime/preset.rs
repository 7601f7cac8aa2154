//! Preset modules: JavaScript of the host that all functions can import.
//!
//! This module has the modules as a host gives them and the checks of their names and sizes. A
//! runtime compiles them in [`Runtime::with_modules`](super::Runtime::with_modules).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{CompileError, RuntimeError};

/// The most preset modules of a platform.
const MAX_MODULES: usize = 256;
/// The most bytes of all their names and texts together.
const MAX_BYTES: usize = 4 << 20;
/// The longest name, in bytes.
const MAX_NAME: usize = 128;
/// The schemes that mean something else in an import.
const RESERVED: [&str; 5] = ["node", "file", "http", "https", "data"];

/// The text of a preset module, JavaScript or TypeScript.
///
/// ```
/// use faas_core::runtime::ModuleSource;
///
/// let source = ModuleSource::new("export const double = (n) => 2 * n")
///     .types("export function double(n: number): number;");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSource {
    text: Arc<str>,
    types: Option<Arc<str>>,
}

impl ModuleSource {
    /// A text without declarations: in TypeScript, everything that it exports is `any`.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            types: None,
        }
    }

    /// Adds what the module exports, as TypeScript declarations. They become part of
    /// [`Bindings::typescript`](crate::bindings::Bindings::typescript); nothing checks them.
    #[must_use]
    pub fn types(mut self, declarations: impl Into<Arc<str>>) -> Self {
        self.types = Some(declarations.into());
        self
    }
}

impl From<&str> for ModuleSource {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ModuleSource {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A module that a host adds for all functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetModule {
    name: Arc<str>,
    source: ModuleSource,
}

impl PresetModule {
    pub(crate) fn new(name: &str, source: ModuleSource) -> Self {
        Self {
            name: name.into(),
            source,
        }
    }

    /// The name in imports, such as `acme:tools`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, JavaScript or TypeScript.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// What the module exports, as TypeScript declarations.
    pub fn types(&self) -> Option<&str> {
        self.source.types.as_deref()
    }

    /// Checks the modules of a platform: their names, their number and their size.
    pub(crate) fn check_all(modules: &[Self]) -> Result<(), String> {
        if modules.len() > MAX_MODULES {
            let count = modules.len();
            return Err(format!(
                "there are {count} preset modules: at most {MAX_MODULES} are possible"
            ));
        }
        let mut names = BTreeSet::new();
        let mut bytes = 0_usize;
        for module in modules {
            let name = module.name();
            check_name(name)?;
            if !names.insert(name) {
                return Err(format!("the module {name} exists twice"));
            }
            bytes += name.len() + module.text().len();
        }
        if bytes > MAX_BYTES {
            return Err(format!(
                "the preset modules have {bytes} bytes: at most {MAX_BYTES} are possible"
            ));
        }
        Ok(())
    }
}

/// Returns the scheme of a specifier, such as `acme` of `acme:tools`.
pub(super) fn scheme_of(specifier: &str) -> Option<&str> {
    let (scheme, _) = specifier.split_once(':')?;
    let is_letter = |c: char| c.is_ascii_lowercase();
    let is_rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    (scheme.starts_with(is_letter) && scheme.chars().all(is_rest)).then_some(scheme)
}

fn check_name(name: &str) -> Result<(), String> {
    let scheme = scheme_of(name).filter(|scheme| name.len() > scheme.len() + 1);
    let Some(scheme) = scheme else {
        return Err(format!(
            "{name:?} is no name for a module: it needs a scheme of lower-case letters, digits, \
             `+`, `-` and `.`, as in \"acme:tools\""
        ));
    };
    if RESERVED.contains(&scheme) {
        return Err(format!(
            "{name:?} is no name for a module: the scheme {scheme} means something else, use one \
             of your own"
        ));
    }
    let rest = name.get(scheme.len() + 1..).unwrap_or_default();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "@/._~+-".contains(c);
    if !rest.chars().all(is_allowed) || name.len() > MAX_NAME {
        return Err(format!(
            "{name:?} is no name for a module: use at most {MAX_NAME} letters, digits, `@`, `/`, \
             `.`, `_`, `~`, `+` and `-` after the scheme"
        ));
    }
    Ok(())
}

/// A runtime cannot run functions with preset modules.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModulesError {
    /// The runtime has no preset modules.
    #[error("the runtime supports no preset modules: {0}")]
    Unsupported(String),
    /// A module cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The host cannot start the runtime with them.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, text: &str) -> PresetModule {
        PresetModule::new(name, text.into())
    }

    #[test]
    fn a_name_has_a_scheme_of_its_own() {
        for name in ["acme:tools", "a:b", "x-y+1.z:@scope/name/part.js"] {
            assert_eq!(PresetModule::check_all(&[module(name, "")]), Ok(()));
        }
        let long = format!("acme:{}", "x".repeat(MAX_NAME));
        for (name, wrong) in [
            ("tools", "needs a scheme"),
            ("acme:", "needs a scheme"),
            (":tools", "needs a scheme"),
            ("1a:tools", "needs a scheme"),
            ("Acme:tools", "needs a scheme"),
            ("./acme:tools", "needs a scheme"),
            ("node:fs", "the scheme node"),
            ("https://a.example/", "the scheme https"),
            ("data:x", "the scheme data"),
            ("file:///x", "the scheme file"),
            ("acme:a b", "letters, digits"),
            ("acme:a\"", "letters, digits"),
            ("acme:a\0", "letters, digits"),
            ("acme:ä", "letters, digits"),
            (&*long, "letters, digits"),
        ] {
            let error = PresetModule::check_all(&[module(name, "")]).unwrap_err();
            assert!(error.contains(wrong), "{name}: {error}");
        }
    }

    #[test]
    fn modules_are_bounded_in_number_and_bytes() {
        let many = |count| {
            let all = (0..count).map(|number| module(&format!("acme:m{number}"), ""));
            all.collect::<Vec<_>>()
        };
        assert_eq!(PresetModule::check_all(&many(MAX_MODULES)), Ok(()));
        let error = PresetModule::check_all(&many(MAX_MODULES + 1)).unwrap_err();
        assert!(error.contains("at most 256"), "{error}");
        let large = module("acme:large", &"/".repeat(MAX_BYTES));
        let error = PresetModule::check_all(&[large]).unwrap_err();
        assert!(error.contains("bytes"), "{error}");
        let error = PresetModule::check_all(&[module("a:b", "1"), module("a:b", "2")]);
        assert_eq!(error, Err("the module a:b exists twice".to_owned()));
    }
}
