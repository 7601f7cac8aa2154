//! Why a text could not be read as a type.

use std::fmt::{self, Display};

use serde::Deserialize;
use serde::de::{self, Expected, Unexpected};

use super::{shape, suggest};

/// Why a request could not be read. Displays as a sentence fragment that names the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Names of members from the outermost to the innermost.
    path: Vec<String>,
    problem: Problem,
    /// What was read, for messages about all of it.
    subject: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// Another kind of value was expected.
    Kind {
        expected: String,
        found: String,
    },
    Missing(String),
    /// Of the members `known`, none has this name.
    Unknown {
        name: String,
        known: &'static [&'static str],
        suggestion: Option<String>,
    },
    Other(String),
}

impl ReadError {
    /// Calls what was read `subject`; it is `the body` otherwise.
    #[must_use]
    pub fn of(self, subject: &'static str) -> Self {
        Self { subject, ..self }
    }

    pub(super) fn wrong(expected: impl Display, found: impl Into<String>) -> Self {
        Self::from(Problem::Kind {
            expected: expected.to_string(),
            found: found.into(),
        })
    }

    pub(super) fn unknown(name: &str, known: &'static [&'static str]) -> Self {
        Self::from(Problem::Unknown {
            name: name.to_owned(),
            known,
            suggestion: None,
        })
    }

    /// The same in the member `name` of an object.
    pub(super) fn within(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }

    /// Adds what an unknown member of a `T` was probably meant to be.
    pub(super) fn explained<'de, T: Deserialize<'de>>(mut self) -> Self {
        if let Problem::Unknown {
            name, suggestion, ..
        } = &mut self.problem
        {
            *suggestion = suggest::suggestion(&self.path, name, &shape::of::<T>());
        }
        self
    }
}

impl From<Problem> for ReadError {
    fn from(problem: Problem) -> Self {
        Self {
            path: Vec::new(),
            problem,
            subject: "the body",
        }
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path: Vec<_> = self.path.iter().map(|name| shorten(name)).collect();
        match &self.problem {
            Problem::Kind { expected, found } => {
                let what = if path.is_empty() {
                    self.subject.to_owned()
                } else {
                    path.join(".")
                };
                write!(f, "{what} must be {expected}, not {found}")
            }
            Problem::Missing(name) => {
                path.push(name.clone());
                write!(f, "{} is missing", path.join("."))
            }
            Problem::Unknown {
                name,
                known,
                suggestion,
            } => {
                path.push(shorten(name));
                write!(f, "unknown member {:?}: ", path.join("."))?;
                match suggestion {
                    Some(suggestion) => f.write_str(suggestion),
                    None if known.is_empty() => f.write_str("no members are known"),
                    None => write!(f, "known members are {}", known.join(", ")),
                }
            }
            Problem::Other(message) if path.is_empty() => f.write_str(message),
            Problem::Other(message) => write!(f, "{}: {message}", path.join(".")),
        }
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: Display>(message: T) -> Self {
        Self::from(Problem::Other(message.to_string()))
    }

    /// Names the kind of value only: it may be a secret.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            _ => "a string",
        };
        Self::wrong(expected, found)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => format!("{:?}", shorten(text)),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            other => other.to_string(),
        };
        Self::wrong(expected, found)
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let found = format!("{:?}", shorten(found));
        match known {
            [only] => Self::wrong(format_args!("{only:?}"), found),
            _ => Self::wrong(format_args!("one of {}", known.join(", ")), found),
        }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::from(Problem::Missing(name.to_owned()))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::unknown(name, known)
    }
}

/// Enough of a client's text to recognise it by.
pub(super) fn shorten(text: &str) -> String {
    const ENOUGH: usize = 40;
    match text.char_indices().nth(ENOUGH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
