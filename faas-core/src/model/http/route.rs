//! Routes: a method and a pattern of paths.
//!
//! Patterns are a part of the `URLPattern` standard that takes time in proportion to the path: a
//! segment is text, a parameter such as `:id`, or the rest of the path (`*`, `:name*`, `:name+`).
//! `:name?` at the end may be missing. Regular expressions, groups in braces, and parameters beside
//! text in a segment are refused.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidHttp;
use super::config::{invalid, is_method};

/// The longest route, in bytes.
const MAX_LENGTH: usize = 512;
/// The most segments of a pattern.
const MAX_SEGMENTS: usize = 32;
/// The longest name of a parameter, in bytes.
const MAX_NAME: usize = 64;

/// A route, such as `GET /orders/:id`; without a method it accepts all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRoute {
    method: Option<String>,
    pattern: RoutePattern,
}

/// A pattern of paths, such as `/orders/:id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePattern {
    text: String,
    segments: Vec<Segment>,
}

/// A part of a pattern. Their order is the order in which routes are tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// This text, without percent-encoding.
    Text(String),
    /// One segment, for the parameter of this name.
    Parameter(String),
    /// One segment or none, at the end.
    Optional(String),
    /// The rest of the path, at the end: one segment or more, or also none.
    Rest { name: String, may_be_empty: bool },
}

impl HttpRoute {
    /// Reads a route: a pattern, or a method, a space and a pattern.
    ///
    /// # Errors
    /// If it is neither.
    pub fn new(text: &str) -> Result<Self, InvalidHttp> {
        let shown: String = text.chars().take(100).collect();
        let refuse = |why: &str| invalid(format!("http.routes: {shown:?} {why}"));
        if text.len() > MAX_LENGTH {
            return refuse(&format!("is longer than {MAX_LENGTH} bytes"));
        }
        let (method, path) = match text.split_once(' ') {
            Some((method, path)) => (Some(method), path.trim_start()),
            None => (None, text),
        };
        if method.is_some_and(|method| !is_method(method)) {
            return refuse("does not begin with an HTTP method in upper case, or with /");
        }
        match segments(path) {
            Ok(segments) => Ok(Self {
                method: method.map(str::to_owned),
                pattern: RoutePattern {
                    text: path.to_owned(),
                    segments,
                },
            }),
            Err(why) => refuse(&why),
        }
    }

    /// The only method; `None`: all.
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The pattern of paths.
    pub const fn pattern(&self) -> &RoutePattern {
        &self.pattern
    }

    /// Whether both match the same requests.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        self.method == other.method && self.pattern.shape() == other.pattern.shape()
    }

    /// Whether this one counts when both match.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let key = |route: &Self| (route.pattern.shape(), route.method.is_none());
        key(self) < key(other)
    }
}

impl fmt::Display for HttpRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            Some(method) => write!(f, "{method} {}", self.pattern.text),
            None => f.write_str(&self.pattern.text),
        }
    }
}

impl Serialize for HttpRoute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HttpRoute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl RoutePattern {
    /// Matches a percent-encoded path, which begins with a slash. Returns the names and the decoded
    /// values of the parameters. A slash at the end of the path counts as an empty segment.
    pub fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut rest = Some(path.strip_prefix('/')?);
        let mut params = Vec::new();
        let mut segments = self.segments.iter().peekable();
        // The pattern `/` has no segment, and matches the path `/` only.
        if segments.peek().is_none() {
            return (rest == Some("")).then_some(params);
        }
        for segment in segments {
            match segment {
                Segment::Rest { name, may_be_empty } => {
                    let value = rest.unwrap_or_default();
                    if value.is_empty() && !may_be_empty {
                        return None;
                    }
                    params.push((name.clone(), decode(value)));
                    return Some(params);
                }
                Segment::Optional(name) => {
                    let Some(value) = rest else {
                        return Some(params);
                    };
                    if value.is_empty() || value.contains('/') {
                        return None;
                    }
                    params.push((name.clone(), decode(value)));
                    return Some(params);
                }
                Segment::Text(_) | Segment::Parameter(_) => {
                    let path = rest?;
                    let (value, after) = match path.split_once('/') {
                        Some((value, after)) => (value, Some(after)),
                        None => (path, None),
                    };
                    rest = after;
                    match segment {
                        Segment::Text(text) if decode(value) == *text => {}
                        Segment::Parameter(name) if !value.is_empty() => {
                            params.push((name.clone(), decode(value)));
                        }
                        _ => return None,
                    }
                }
            }
        }
        rest.is_none().then_some(params)
    }

    /// The segments without the names of their parameters: equal for patterns that match the same.
    fn shape(&self) -> Vec<Segment> {
        let unnamed = |segment: &Segment| match segment {
            Segment::Text(text) => Segment::Text(text.clone()),
            Segment::Parameter(_) => Segment::Parameter(String::new()),
            Segment::Optional(_) => Segment::Optional(String::new()),
            Segment::Rest { may_be_empty, .. } => Segment::Rest {
                name: String::new(),
                may_be_empty: *may_be_empty,
            },
        };
        self.segments.iter().map(unnamed).collect()
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads the segments of a pattern.
fn segments(pattern: &str) -> Result<Vec<Segment>, String> {
    let Some(rest) = pattern.strip_prefix('/') else {
        return Err("has no path that begins with /".to_owned());
    };
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let count = rest.split('/').count();
    if count > MAX_SEGMENTS {
        return Err(format!(
            "has {count} segments: at most {MAX_SEGMENTS} are accepted"
        ));
    }
    let mut segments: Vec<Segment> = Vec::with_capacity(count);
    for (place, text) in rest.split('/').enumerate() {
        let segment = segment(text)?;
        let is_last = place + 1 == count;
        if !is_last && matches!(segment, Segment::Optional(_) | Segment::Rest { .. }) {
            return Err(format!("has {text} before its end"));
        }
        let name = segment.name();
        if name.is_some() && segments.iter().any(|earlier| earlier.name() == name) {
            return Err(format!("has the parameter {text} twice"));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn segment(text: &str) -> Result<Segment, String> {
    if text == "*" {
        return Ok(Segment::Rest {
            name: "0".to_owned(),
            may_be_empty: true,
        });
    }
    if let Some(name) = text.strip_prefix(':') {
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || b"_$".contains(&byte);
        let length = name
            .bytes()
            .take_while(|byte| is_letter(*byte) || byte.is_ascii_digit())
            .count();
        let (name, modifier) = name.split_at(length);
        if !name.bytes().next().is_some_and(is_letter) || name.len() > MAX_NAME {
            return Err(format!(
                "has the parameter {text}: expected : and a name of 1 to {MAX_NAME} letters, digits, \
                 _ and $, no digit first"
            ));
        }
        let name = name.to_owned();
        return match modifier {
            "" => Ok(Segment::Parameter(name)),
            "?" => Ok(Segment::Optional(name)),
            "*" | "+" => Ok(Segment::Rest {
                name,
                may_be_empty: modifier == "*",
            }),
            _ => Err(format!(
                "has {text}: a parameter must be a whole segment, without a regular expression"
            )),
        };
    }
    if let Some(special) = text.chars().find(|c| "*:?+(){}\\#".contains(*c)) {
        return Err(format!(
            "has {special} in {text}: a parameter or * must be a whole segment; write the character \
             with its percent-encoding if you mean it"
        ));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has white space or a control character in its path".to_owned());
    }
    Ok(Segment::Text(decode(text)))
}

impl Segment {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Parameter(name) | Self::Optional(name) | Self::Rest { name, .. } => Some(name),
        }
    }
}

/// Undoes percent-encoding. What is not valid stays; bytes that are no UTF-8 are replaced.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        let decoded = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let used = match decoded.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                bytes.push(byte);
                2
            }
            None => {
                bytes.push(*first);
                0
            }
        };
        rest = after.get(used..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
