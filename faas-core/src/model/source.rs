//! The source of a function: one file or several.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The language of source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// JavaScript.
    JavaScript,
    /// TypeScript, with or without JSX. Types are removed and not checked.
    TypeScript,
}

impl Language {
    /// Returns `javascript` or `typescript`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
        }
    }

    /// Returns the language with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::JavaScript, Self::TypeScript]
            .into_iter()
            .find(|language| language.as_str() == name)
    }
}

/// The files of a function that has several. The text of the main file is the function's code; the
/// other files are here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modules {
    /// The path of the main file, such as `index.ts`.
    pub main: Arc<str>,
    /// The texts of the other files by their paths, such as `lib/price.ts`.
    pub others: BTreeMap<Arc<str>, Arc<str>>,
}

impl Modules {
    /// The most files that a function may have.
    pub const MAX: usize = 1000;
    /// The longest path of a file, in bytes.
    pub const MAX_PATH: usize = 256;

    /// Returns the size of the other files and of all paths, in bytes.
    pub fn bytes(&self) -> usize {
        let others = self.others.iter();
        let others: usize = others.map(|(path, text)| path.len() + text.len()).sum();
        self.main.len() + others
    }

    /// Returns what is wrong with the path of a file, if anything: paths are relative, have `/`
    /// between their parts, and do not leave the upload.
    pub fn fault_of(path: &str) -> Option<&'static str> {
        let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
        if path.is_empty() || path.len() > Self::MAX_PATH {
            Some("must have 1 to 256 bytes")
        } else if path.starts_with('/') || path.contains('\\') || path.contains(':') {
            Some("must be relative, with `/` between its parts")
        } else if path.chars().any(char::is_control) {
            Some("must have no control characters")
        } else if !path.split('/').all(is_part) {
            Some("must have no empty part, no `.` and no `..`")
        } else {
            None
        }
    }

    /// Returns the path of the main file if none is given: a file named `index`, or the only one.
    pub fn default_main<'p>(paths: impl Iterator<Item = &'p str> + Clone) -> Option<&'p str> {
        const INDEX: [&str; 8] = [
            "index.ts",
            "index.js",
            "index.mjs",
            "index.mts",
            "index.cjs",
            "index.cts",
            "index.tsx",
            "index.jsx",
        ];
        let index = INDEX
            .into_iter()
            .find_map(|index| paths.clone().find(|path| *path == index));
        let mut all = paths;
        index.or_else(|| match (all.next(), all.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        })
    }
}

/// The source of a function, as a runtime compiles it. A text converts into the source of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The text of the only or the main file.
    pub code: Arc<str>,
    /// The language; `None`: the compiler finds out.
    pub language: Option<Language>,
    /// The other files of a function with several.
    pub modules: Option<Arc<Modules>>,
}

impl Source {
    /// Returns the size of all files, in bytes.
    pub fn bytes(&self) -> usize {
        self.code.len() + self.modules.as_ref().map_or(0, |modules| modules.bytes())
    }
}

/// The SHA-256 of code that is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeHash(pub [u8; 32]);

impl CodeHash {
    /// Hashes the UTF-8 of `code`, as `sha256sum` hashes a file.
    pub fn of(code: &str) -> Self {
        Self(Sha256::digest(code.as_bytes()).into())
    }
}

impl fmt::Display for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeHash({self})")
    }
}

impl FromStr for CodeHash {
    type Err = ParseCodeHashError;

    fn from_str(text: &str) -> Result<Self, ParseCodeHashError> {
        let mut hash = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 2 * hash.len() {
            return Err(ParseCodeHashError);
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok();
            let pair = pair.filter(|pair| !pair.starts_with('+'));
            let value = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
            *byte = value.ok_or(ParseCodeHashError)?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for CodeHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CodeHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not the hash of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of code: expected 64 hexadecimal digits")]
pub struct ParseCodeHashError;

impl<S: Into<Arc<str>>> From<S> for Source {
    fn from(code: S) -> Self {
        Self {
            code: code.into(),
            language: None,
            modules: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_code_survives_its_text() {
        let hash = CodeHash::of("abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        for invalid in [
            "",
            "ba",
            &text.replace("ba", "+a"),
            &text.replace("ba", "ü"),
        ] {
            assert_eq!(
                invalid.parse::<CodeHash>(),
                Err(ParseCodeHashError),
                "{invalid}"
            );
        }
    }

    #[test]
    fn a_path_stays_inside_the_upload() {
        for valid in ["index.ts", "lib/price.ts", "a b/ü.json", "..a/b.js"] {
            assert_eq!(Modules::fault_of(valid), None, "{valid}");
        }
        let long = "a".repeat(257);
        for invalid in [
            "",
            "/a.js",
            "../a.js",
            "a/../b.js",
            "./a.js",
            "a//b.js",
            "a/",
            "a\\b.js",
            "C:a.js",
            "node:fs",
            "a\n.js",
            &long,
        ] {
            assert!(Modules::fault_of(invalid).is_some(), "{invalid}");
        }
    }

    #[test]
    fn the_main_file_is_named_index_or_the_only_one() {
        let main = |paths: &[&'static str]| Modules::default_main(paths.iter().copied());
        assert_eq!(main(&["a.js", "index.ts"]), Some("index.ts"));
        assert_eq!(main(&["index.js", "index.ts"]), Some("index.ts"));
        assert_eq!(main(&["a.js"]), Some("a.js"));
        assert_eq!(main(&["a.js", "b.js"]), None);
        assert_eq!(main(&["lib/index.js", "b.js"]), None);
        assert_eq!(main(&[]), None);
    }
}
