//! JSON values kept as text.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny};
use serde_json::value::RawValue;

/// The maximum nesting depth of arrays and objects.
pub const MAX_DEPTH: usize = 256;

/// One JSON value as its original text: valid, in UTF-8, at most [`MAX_DEPTH`] levels deep. Clones
/// share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Bytes);

/// The text is not valid JSON, or nests too deeply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid JSON: {0}")]
pub struct JsonError(String);

impl Json {
    /// Parses `text` as one JSON value.
    ///
    /// # Errors
    /// Returns what is wrong at which line and column, or that the value nests too deeply.
    pub fn parse(text: impl Into<Bytes>) -> Result<Self, JsonError> {
        let text = text.into();
        let valid = std::str::from_utf8(&text).map_err(|error| JsonError(error.to_string()))?;
        check_depth(valid)?;
        serde_json::from_str::<IgnoredAny>(valid).map_err(|error| JsonError(error.to_string()))?;
        Ok(Self(text))
    }

    /// Wraps a text without a check. The caller guarantees one valid JSON value, for example from
    /// `JSON.stringify` or a store.
    pub fn trusted(text: impl Into<Bytes>) -> Self {
        Self(text.into())
    }

    /// Returns `null`.
    pub const fn null() -> Self {
        Self(Bytes::from_static(b"null"))
    }

    /// Returns `{}`.
    pub const fn empty_object() -> Self {
        Self(Bytes::from_static(b"{}"))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("null")
    }

    /// Returns the text's shared bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Returns the length of the text in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `false`: a JSON value has at least one character.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Deserializes the value as `T`.
    ///
    /// # Errors
    /// When the value does not match `T`.
    pub fn to<'a, T: Deserialize<'a>>(&'a self) -> Result<T, JsonError> {
        serde_json::from_slice(&self.0).map_err(|error| JsonError(error.to_string()))
    }
}

fn check_depth(text: &str) -> Result<(), JsonError> {
    if is_too_deep(text) {
        return Err(JsonError(format!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}

/// Returns whether a JSON text nests deeper than [`MAX_DEPTH`], in one pass over the bytes. Call it
/// before a recursive parser.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self(Bytes::from(value.to_string()))
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        check_depth(raw.get()).map_err(D::Error::custom)?;
        Ok(Self(Bytes::from(Box::<str>::from(raw).into_boxed_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_json_is_refused_with_line_and_column() {
        for bad in ["", "{", "{a:1}", "[1,]", "nul", "1 2", "\"\u{1}\"", "'a'"] {
            let error = Json::parse(bad).unwrap_err().to_string();
            assert!(
                error.contains("line") || error.contains("EOF"),
                "{bad}: {error}"
            );
        }
        assert!(Json::parse(&b"\"\xff\""[..]).is_err());
    }

    #[test]
    fn deep_nesting_is_refused_and_brackets_in_strings_do_not_count() {
        assert!(Json::parse("[".repeat(1 << 20)).is_err());
        assert!(Json::parse(format!("\"{}\\\"{}\"", "[".repeat(1000), "{".repeat(1000))).is_ok());
        let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(Json::parse(deepest).is_ok());
    }
}
