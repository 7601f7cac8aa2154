//! What user code finds in `context.env`, ready to be installed.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use zeroize::Zeroizing;

/// All names that a version of a function can read, secrets opened, as the text of one JSON object of
/// strings. It belongs to the version, so an isolate takes it once: when it loads the program. It is
/// never shown, and overwritten when it is dropped.
#[derive(Default)]
pub struct OpenEnvironment(Option<Zeroizing<String>>);

impl OpenEnvironment {
    /// No names.
    pub const EMPTY: Self = Self(None);

    /// The environment with these names and values.
    pub fn new<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let names: BTreeMap<_, _> = names.into_iter().collect();
        if names.is_empty() {
            return Self::EMPTY;
        }
        // Counted first, so that no part stays behind in memory that the text grew out of.
        let mut count = Count(0);
        let counted = serde_json::to_writer(&mut count, &names);
        let mut text = Zeroizing::new(Vec::with_capacity(count.0));
        match counted.and_then(|()| serde_json::to_writer(&mut *text, &names)) {
            Ok(()) => {
                Self::of_json(String::from_utf8(std::mem::take(&mut *text)).unwrap_or_default())
            }
            // Texts under texts always have a JSON.
            Err(_) => Self::EMPTY,
        }
    }

    /// The environment that [`OpenEnvironment::as_json`] gave this text of; empty for an empty text.
    pub fn of_json(text: String) -> Self {
        Self(Some(Zeroizing::new(text)).filter(|text| !text.is_empty()))
    }

    /// The JSON text; `None` when there are no names.
    pub fn as_json(&self) -> Option<&str> {
        self.0.as_ref().map(|text| text.as_str())
    }

    /// The length of the JSON text, in bytes.
    pub fn len(&self) -> usize {
        self.as_json().map_or(0, str::len)
    }

    /// Whether there are no names.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for OpenEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenEnvironment({} bytes)", self.len())
    }
}

/// Counts what is written to it.
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
    fn names_and_values_are_one_json_object_that_is_not_shown() {
        let environment = OpenEnvironment::new([("B", "a \"quoted\"\n\u{0}ü"), ("A", "")]);
        let json = environment.as_json().unwrap();
        assert_eq!(json, r#"{"A":"","B":"a \"quoted\"\n\u0000ü"}"#);
        assert!(!format!("{environment:?}").contains("quoted"));
        assert_eq!(OpenEnvironment::new([]).as_json(), None);
        assert_eq!(OpenEnvironment::of_json(String::new()).as_json(), None);
    }
}
