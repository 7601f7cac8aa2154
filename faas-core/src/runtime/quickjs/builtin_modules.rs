//! The modules that code can `import` and `require` without uploading them, such as `node:events`.
//!
//! A built-in module is the exports of a part of the web platform (`web/`), or one member of these.
//! The object or function that a module is, is what `require` returns and what its default import
//! is; its own enumerable properties are the named exports. Code can leave out the prefix `node:`. A
//! file of the upload never replaces a built-in module, since its specifier begins with `./`.
//!
//! To add one, write its part, and add its name, its part and the member to `MODULES` in
//! `node/mod.rs`.

use super::node;

/// A built-in module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Builtin {
    /// Its name with the prefix, such as `node:path/posix`.
    pub(super) name: &'static str,
    /// The part of the web platform that has it.
    pub(super) part: &'static str,
    /// The member of the part's exports that is the module; `None` if the exports are.
    pub(super) member: Option<&'static str>,
}

/// The built-in module that a specifier names, with or without its prefix.
pub(super) fn find(specifier: &str) -> Option<Builtin> {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    let found = node::MODULES
        .iter()
        .find(|(module, ..)| module.strip_prefix("node:") == Some(name));
    found.map(|&(name, part, member)| Builtin { name, part, member })
}
