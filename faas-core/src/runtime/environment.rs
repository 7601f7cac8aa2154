//! The environment of a function with opened secrets, ready for an isolate.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use zeroize::Zeroizing;

/// All names and values that a version of a function can read, with opened secrets, as the text of
/// one JSON object of strings. An isolate receives it once, with the program. It is never printed,
/// and is overwritten when dropped.
#[derive(Default)]
pub struct OpenEnvironment(Option<Zeroizing<String>>);

impl OpenEnvironment {
    /// An environment without names.
    pub const EMPTY: Self = Self(None);

    /// Creates an environment from names and values.
    pub fn new<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let names: BTreeMap<_, _> = names.into_iter().collect();
        if names.is_empty() {
            return Self::EMPTY;
        }
        // Counts the length first, so that no reallocation leaves a copy behind.
        let mut count = Count(0);
        let counted = serde_json::to_writer(&mut count, &names);
        let mut text = Zeroizing::new(Vec::with_capacity(count.0));
        match counted.and_then(|()| serde_json::to_writer(&mut *text, &names)) {
            Ok(()) => {
                Self::of_json(String::from_utf8(std::mem::take(&mut *text)).unwrap_or_default())
            }
            // A map of strings always serializes.
            Err(_) => Self::EMPTY,
        }
    }

    /// Restores an environment from [`OpenEnvironment::as_json`]; an empty text gives an empty
    /// environment.
    pub fn of_json(text: String) -> Self {
        Self(Some(Zeroizing::new(text)).filter(|text| !text.is_empty()))
    }

    /// Returns the JSON text; `None` when there are no names.
    pub fn as_json(&self) -> Option<&str> {
        self.0.as_ref().map(|text| text.as_str())
    }

    /// Returns the length of the JSON text in bytes.
    pub fn len(&self) -> usize {
        self.as_json().map_or(0, str::len)
    }

    /// Returns whether there are no names.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for OpenEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenEnvironment({} bytes)", self.len())
    }
}

/// Counts the bytes written to it.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_one_json_object_and_is_never_printed() {
        let environment = OpenEnvironment::new([("B", "a \"quoted\"\n\u{0}ü"), ("A", "")]);
        let json = environment.as_json().unwrap();
        assert_eq!(json, r#"{"A":"","B":"a \"quoted\"\n\u0000ü"}"#);
        assert!(!format!("{environment:?}").contains("quoted"));
        assert_eq!(OpenEnvironment::new([]).as_json(), None);
        assert_eq!(OpenEnvironment::of_json(String::new()).as_json(), None);
    }
}
