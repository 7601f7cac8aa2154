//! The modules that code can `import` and `require` without uploading them, such as `node:events`.
//!
//! A built-in module is the exports of a part of the web platform (`web/`), or one member of these.
//! The object or function that a module is, is what `require` returns and what its default import
//! is; its own enumerable properties are the named exports.
//!
//! To add one:
//!
//! 1. Write the part and list it in `PARTS` of `web/mod.rs`. Its `globals` may be empty.
//! 2. Add a [`Builtin`] to [`BUILTINS`].
//!
//! Code can leave out the prefix `node:`. A file of the upload never replaces a built-in module,
//! since its specifier begins with `./`.

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

/// All built-in modules.
pub(super) const BUILTINS: &[Builtin] = &[];

/// The built-in module that a specifier names, with or without its prefix.
pub(super) fn find(specifier: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| {
        builtin.name == specifier
            || builtin
                .name
                .strip_prefix("node:")
                .is_some_and(|name| name == specifier)
    })
}
