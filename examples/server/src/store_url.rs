//! The URL of a store.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::mongo_uri::MongoUri;

/// A supported store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// Memory only.
    Memory,
    /// A SQLite database in this file.
    Sqlite(PathBuf),
    /// A MongoDB database.
    Mongo(MongoUri),
}

/// The expected form. A URL may contain a password: errors repeat only parts that cannot.
const EXPECTED: &str = "expected sqlite:PATH such as sqlite:./data/faas.db, mongodb://HOST/DATABASE such as mongodb://localhost:27017/s3-compute, or memory:";

impl Default for StoreUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("./data/faas.db"))
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
            Some(("mongodb" | "mongodb+srv", _)) => text.parse().map(Self::Mongo),
            Some((scheme, rest)) if rest.starts_with("//") => {
                Err(format!("unknown store type {scheme:?}: {EXPECTED}"))
            }
            _ if text.contains('@') => Err(EXPECTED.to_owned()),
            _ => Err(format!("{EXPECTED}, not {text:?}")),
        }
    }
}

/// Without the password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Mongo(uri) => uri.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_store_are_told_apart() {
        let read = |text: &str| text.parse::<StoreUrl>();
        let file = |path: &str| Ok(StoreUrl::Sqlite(PathBuf::from(path)));
        assert_eq!(read("memory:"), Ok(StoreUrl::Memory));
        assert_eq!(read("sqlite:./data/faas.db"), file("./data/faas.db"));
        assert_eq!(read("sqlite:/var/lib/faas.db"), file("/var/lib/faas.db"));
        assert_eq!(read("sqlite:///var/lib/faas.db"), file("/var/lib/faas.db"));
        assert_eq!(read("sqlite://faas.db"), file("faas.db"));
        assert_eq!(read("sqlite:a:b.db"), file("a:b.db"));
        assert_eq!(StoreUrl::default().to_string(), "sqlite:./data/faas.db");
        let mongo = read("mongodb://localhost:27017/s3-compute").unwrap();
        assert!(matches!(mongo, StoreUrl::Mongo(_)), "{mongo:?}");
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
            "localhost:27017/s3-compute",
        ] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(error.contains("sqlite:./data/faas.db"), "{bad}: {error}");
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        for url in [
            "postgres://me:secret@db/faas",
            "me:secret@db/faas",
            "//me:secret@db/faas",
            "mongodb:me:secret@db/faas",
            "mongodb+srv://me:secret@db/faas",
        ] {
            let error = url.parse::<StoreUrl>().unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
