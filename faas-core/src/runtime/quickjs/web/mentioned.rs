//! Which parts of the web platform a program can use.
//!
//! An accessor for each global would make every isolate in a thread larger by a sixth. So an isolate
//! gets those of the parts whose globals the text of its program mentions. A text that can compute
//! the name of a global gets all; so does an isolate that loads a module of Node.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{PARTS, parts};
use crate::runtime::quickjs::node;

/// Words with which code can look up a global by a name that is not in its text.
const COMPUTING: &[&str] = &[
    "globalThis",
    "self",
    "global",
    "eval",
    "Function",
    "Reflect",
    "with",
];

/// The same, for texts that are no words: escapes in names, and `this` of a sloppy function.
const COMPUTING_TEXTS: &[&str] = &["\\u", "this["];

/// A set of parts: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runtime::quickjs) struct Mentioned(u128);

const _: () = assert!(PARTS.len() + node::PARTS.len() <= 128, "a part has no bit");

impl Mentioned {
    /// No part.
    pub(in crate::runtime::quickjs) const NONE: Self = Self(0);

    /// All parts.
    pub(in crate::runtime::quickjs) const ALL: Self = Self(u128::MAX);

    /// The parts whose globals `text` can use.
    pub(in crate::runtime::quickjs) fn in_text(text: &str) -> Self {
        static BITS: OnceLock<HashMap<&str, u128>> = OnceLock::new();
        let bits = BITS.get_or_init(|| {
            let computing = COMPUTING.iter().map(|word| (*word, u128::MAX));
            let globals = parts().enumerate().flat_map(|(number, part)| {
                part.globals.iter().map(move |name| (*name, 1 << number))
            });
            computing.chain(globals).collect()
        });
        if COMPUTING_TEXTS.iter().any(|part| text.contains(part)) {
            return Self::ALL;
        }
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
            .filter_map(|word| bits.get(word))
            .fold(Self::NONE, |all, bit| Self(all.0 | bit))
    }

    /// Returns whether the part with this number is in the set.
    pub(super) const fn has(self, number: usize) -> bool {
        self.0 >> number & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(text: &str) -> Vec<&'static str> {
        let mentioned = Mentioned::in_text(text);
        let used = super::parts()
            .enumerate()
            .filter(|(number, _)| mentioned.has(*number));
        used.map(|(_, part)| part.name).collect()
    }

    #[test]
    fn a_text_mentions_the_parts_whose_globals_are_words_of_it() {
        assert_eq!(parts_of("return input.a + prefetch(btoan, Blobs)"), [""; 0]);
        assert_eq!(parts_of("return atob(new Blob(['a']))"), ["base64", "blob"]);
        assert_eq!(
            parts_of("onerror = null; this.fetch(`${btoa}`)"),
            ["base64", "events", "fetch"]
        );
    }

    #[test]
    fn a_text_that_can_compute_names_mentions_all_parts() {
        for text in [
            "return globalThis[input.name]",
            "const root = typeof self === 'object' ? self : this",
            "return this[input.name]",
            "return f\\u0065tch('')",
            "return eval(input.code)",
        ] {
            assert_eq!(Mentioned::in_text(text), Mentioned::ALL, "{text}");
        }
    }
}
