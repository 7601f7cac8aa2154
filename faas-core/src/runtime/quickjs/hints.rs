//! What to do about a name that code takes for granted and that an isolate does not have.
//!
//! The names stay undefined, so that code which asks `typeof require` first works; only the message
//! of the error says more.

/// The names, and what follows "NAME is not defined: ".
const MISSING: [(&str, &str); 13] = [
    (
        "module",
        "it exists in code that assigns to `module.exports`",
    ),
    ("exports", "it exists in code that assigns to `exports`"),
    ("window", "there is no browser, use `globalThis`"),
    ("document", "there is no browser"),
    (
        "React",
        "JSX calls `React.createElement`, bundle React or name a function with `/** @jsx h */`",
    ),
    ("WebAssembly", "it is not available in functions"),
    ("__dirname", "there are no files"),
    ("__filename", "there are no files"),
    ("XMLHttpRequest", "use `fetch`"),
    (
        "event",
        "the input is `input` in a body, and the first argument of a function",
    ),
    ("input", "the input is the first argument of the function"),
    (
        "context",
        "the context is the second argument of the function",
    ),
    (
        "instanceId",
        "it is `context.instanceId`, and `context` the second argument of the function",
    ),
];

/// The message of a failure, with what to do when it is about such a name.
pub(super) fn explained(mut message: String) -> String {
    let name = message
        .strip_prefix("ReferenceError: ")
        .and_then(|rest| rest.strip_suffix(" is not defined"));
    let hint = MISSING
        .iter()
        .find(|(missing, _)| name == Some(missing))
        .map(|(_, hint)| *hint);
    if let Some(hint) = hint {
        message.push_str(": ");
        message.push_str(hint);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_engines_message_about_a_missing_name_is_explained() {
        let explain = |message: &str| explained(message.to_owned());
        assert_eq!(
            explain("ReferenceError: document is not defined"),
            "ReferenceError: document is not defined: there is no browser"
        );
        for same in [
            "ReferenceError: documents is not defined",
            "TypeError: document is not defined",
            "document is not defined",
            "ReferenceError: document is not defined here",
            "",
        ] {
            assert_eq!(explain(same), same);
        }
    }
}
