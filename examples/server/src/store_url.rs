//! Which store to use, as one text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A store that this build knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// Nothing outlives the process.
    Memory,
    /// A database in this file.
    Sqlite(PathBuf),
}

impl Default for StoreUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("./data/faas.db"))
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected sqlite:PATH such as sqlite:./data/faas.db, or memory:";
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", ":memory:")) => Err(format!("{EXPECTED}, not {text:?}")),
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() {
                    return Err(format!("{EXPECTED}: the path is missing"));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            // The text may hold a password: it is not repeated.
            Some(("mongodb" | "mongodb+srv", _)) => Err(format!(
                "a MongoDB store is not supported by this build yet: {EXPECTED}"
            )),
            Some((scheme, _)) if text.contains("//") => {
                Err(format!("unknown kind of store {scheme:?}: {EXPECTED}"))
            }
            _ => Err(format!("{EXPECTED}, not {text:?}")),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_files_are_told_apart() {
        let read = |text: &str| text.parse::<StoreUrl>();
        let file = |path: &str| Ok(StoreUrl::Sqlite(PathBuf::from(path)));
        assert_eq!(read("memory:"), Ok(StoreUrl::Memory));
        assert_eq!(read("sqlite:./data/faas.db"), file("./data/faas.db"));
        assert_eq!(read("sqlite:/var/lib/faas.db"), file("/var/lib/faas.db"));
        assert_eq!(read("sqlite:///var/lib/faas.db"), file("/var/lib/faas.db"));
        assert_eq!(read("sqlite://faas.db"), file("faas.db"));
        assert_eq!(read("sqlite:a:b.db"), file("a:b.db"));
        assert_eq!(StoreUrl::default().to_string(), "sqlite:./data/faas.db");
    }

    #[test]
    fn what_is_no_store_is_refused_and_says_what_was_expected() {
        for bad in [
            "",
            "sqlite",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "memory",
            "memory:x",
            "faas.db",
        ] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(error.contains("sqlite:./data/faas.db"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_mongodb_url_is_refused_without_repeating_its_password() {
        for url in [
            "mongodb://me:secret@db/faas",
            "mongodb+srv://me:secret@db/faas",
            "postgres://me:secret@db/faas",
        ] {
            let error = url.parse::<StoreUrl>().unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
        let error = "mongodb://db/faas".parse::<StoreUrl>().unwrap_err();
        assert!(error.contains("not supported by this build yet"), "{error}");
    }
}
