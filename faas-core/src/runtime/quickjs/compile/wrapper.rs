//! The functions that a text is compiled in.
//!
//! The user's text always begins on a line of its own, so that columns are the user's own, and the
//! first line of the wrapper has the number -1, so that the user's first line has the number 1
//! (QuickJS reads 0 as 1). The text ends with a line feed of the wrapper, so that a comment on its
//! last line ends there.

use std::collections::HashSet;

/// The number of a wrapper's first line.
pub(super) const FIRST_LINE: i32 = -1;

/// The parameters of a body.
pub(in crate::runtime::quickjs) const BODY: [&str; 3] = ["input", "context", "instanceId"];

/// The parameters of a CommonJS module that is the only file: `require` is global then.
pub(in crate::runtime::quickjs) const COMMON_JS: [&str; 2] = ["exports", "module"];

/// The parameters of a CommonJS module that is one of several files.
const COMMON_JS_FILE: [&str; 5] = ["exports", "module", "require", "__filename", "__dirname"];

/// What stands before and after the user's text.
pub(super) struct Wrapper {
    pub(super) before: String,
    after: String,
}

impl Wrapper {
    /// A function whose body is the text, without parameters that the text could conflict with.
    pub(super) fn without_parameters(is_async: bool) -> Self {
        Self::function(is_async, "", "", "\n})")
    }

    /// A function whose body is the text. `declared` has the names that the text declares with
    /// `let`, `const`, `using` or `class` at its top: a parameter of that name would conflict with
    /// the declaration, which shadows it, so it gets another name.
    pub(super) fn body(is_async: bool, declared: &HashSet<String>) -> Self {
        Self::function(is_async, &parameters(BODY, declared), "", "\n})")
    }

    /// A function whose body is the text and then a call of `handler`, which the text declares, with
    /// the same arguments. For `declared` see [`Wrapper::body`].
    pub(super) fn body_that_calls(
        is_async: bool,
        declared: &HashSet<String>,
        handler: &str,
    ) -> Self {
        let after = format!("\nreturn {handler}(...arguments);\n}})");
        Self::function(is_async, &parameters(BODY, declared), "", &after)
    }

    /// A function that returns the value of the text, an expression, in an object: an async function
    /// would await a value that it returns bare. The comma keeps a function without a name from
    /// getting that of the property.
    pub(super) fn expression(is_async: bool, is_strict: bool) -> Self {
        let head = if is_strict {
            "\"use strict\"; return { __proto__: null, value: (0, "
        } else {
            "return { __proto__: null, value: (0, "
        };
        Self::function(is_async, &BODY.join(", "), head, "\n) };\n})")
    }

    /// A function that makes the declarations of the text and returns `handler`.
    pub(super) fn declarations(is_async: bool, handler: &str) -> Self {
        Self::function(is_async, "", "", &format!("\nreturn {handler};\n}})"))
    }

    /// A function whose body is a CommonJS module. For `declared` see [`Wrapper::body`].
    pub(super) fn common_js(is_async: bool, declared: &HashSet<String>) -> Self {
        Self::function(is_async, &parameters(COMMON_JS, declared), "", "\n})")
    }

    /// A function whose body is a CommonJS module, one of several files.
    pub(super) fn common_js_file(is_async: bool, declared: &HashSet<String>) -> Self {
        Self::function(is_async, &parameters(COMMON_JS_FILE, declared), "", "\n})")
    }

    fn function(is_async: bool, parameters: &str, head: &str, after: &str) -> Self {
        let keyword = if is_async { "async " } else { "" };
        Self {
            before: format!("({keyword}function ({parameters}) {{{head}\n\n"),
            after: after.to_owned(),
        }
    }

    pub(super) fn wrap(&self, text: &str) -> String {
        format!("{}{text}{}", self.before, self.after)
    }
}

/// The parameters, each under a name that is not in `declared`.
fn parameters<const N: usize>(names: [&str; N], declared: &HashSet<String>) -> String {
    let free = |name: &str| {
        if !declared.contains(name) {
            return name.to_owned();
        }
        (0..=declared.len())
            .map(|number| format!("_{name}{number}"))
            .find(|name| !declared.contains(name))
            .unwrap_or_default()
    };
    names.map(free).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_the_body_declares_gets_another_name() {
        let declared = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let before = |names: &[&str]| Wrapper::body(false, &declared(names)).before;
        assert_eq!(before(&[]), "(function (input, context, instanceId) {\n\n");
        assert_eq!(
            before(&["input", "_input0", "other"]),
            "(function (_input1, context, instanceId) {\n\n"
        );
        assert_eq!(
            before(&["context", "instanceId"]),
            "(function (input, _context0, _instanceId0) {\n\n"
        );
    }
}
