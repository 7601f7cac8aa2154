//! Routes: a method and a pattern of paths.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidHttp;
use super::config::{invalid, is_method};
use super::pattern::RoutePattern;

/// The longest route, in bytes.
const MAX_LENGTH: usize = 512;

/// A route, such as `GET /orders/:id`; without a method it accepts all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRoute {
    method: Option<String>,
    pattern: RoutePattern,
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
        match RoutePattern::new(path) {
            Ok(pattern) => Ok(Self {
                method: method.map(str::to_owned),
                pattern,
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

    /// Whether both certainly match the same requests. Different regular expressions can match the
    /// same; this is not found out.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        self.method == other.method && self.pattern.shape() == other.pattern.shape()
    }

    /// Whether this one counts when both match.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let key = |route: &Self| (route.pattern.rank(), route.method.is_none());
        key(self) < key(other)
    }
}

impl fmt::Display for HttpRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            Some(method) => write!(f, "{method} {}", self.pattern),
            None => self.pattern.fmt(f),
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
