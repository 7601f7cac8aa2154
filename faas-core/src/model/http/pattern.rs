//! Patterns of paths, as the `URLPattern` standard has them.
//!
//! Most patterns have only segments that are text, a parameter (`:id`), or the rest of the path (`*`,
//! `:name*`, `:name+`, `:name?` at the end). [`Segment`]s match them without a regular expression. Any
//! other pattern of the standard, such as `/:name.:type`, `/:id(\d+)` or `/a{/b}?`, becomes a regular
//! expression of the crate `regex`, which takes time in proportion to the path. So these may not have
//! look-around.
//!
//! There are two differences to the standard, for both kinds: values of parameters are
//! percent-decoded, and the text of a plain segment matches however the path encodes it.

use std::fmt;

use regex::{Regex, RegexBuilder};
use urlpattern::{UrlPattern, UrlPatternInit, UrlPatternOptions};

/// The most segments of a pattern.
const MAX_SEGMENTS: usize = 32;
/// The longest name of a parameter, in bytes.
const MAX_NAME: usize = 64;
/// The largest regular expression, compiled, in bytes.
const MAX_COMPILED: usize = 256 << 10;

const BAD_EXPRESSION: &str =
    "has a regular expression that is invalid, is too large, or has look-around";

/// A pattern of paths, such as `/orders/:id`.
#[derive(Debug, Clone)]
pub struct RoutePattern {
    text: String,
    segments: Vec<Segment>,
    /// If the segments are only the beginning.
    expression: Option<Expression>,
}

/// A part of a pattern. Their order is the order in which routes are tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    /// This text, without percent-encoding.
    Text(String),
    /// The rest of the pattern, as this regular expression of the whole path.
    Expression(String),
    /// One segment, for the parameter of this name.
    Parameter(String),
    /// One segment or none, at the end.
    Optional(String),
    /// The rest of the path, at the end: one segment or more, or also none.
    Rest { name: String, may_be_empty: bool },
    /// `*` at the end: any text after the slash.
    Wildcard,
}

/// A pattern as a regular expression.
#[derive(Debug, Clone)]
struct Expression {
    regex: Regex,
    /// The names of its groups, in order.
    names: Vec<String>,
}

impl PartialEq for RoutePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RoutePattern {}

impl RoutePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err("has no path that begins with /".to_owned());
        };
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("has white space or a control character in its path".to_owned());
        }
        let count = rest.split('/').count();
        if count > MAX_SEGMENTS {
            return Err(format!(
                "has {count} segments: at most {MAX_SEGMENTS} are accepted"
            ));
        }
        if let Some(segments) = segments(rest, count) {
            return Ok(Self {
                text: text.to_owned(),
                segments,
                expression: None,
            });
        }
        let beginning = rest.split('/').map_while(|text| segment(text, false));
        Ok(Self {
            text: text.to_owned(),
            segments: beginning.collect(),
            expression: Some(Expression::new(text)?),
        })
    }

    /// Matches a percent-encoded path, which begins with a slash. Returns the names and the decoded
    /// values of the parameters that have one. A slash at the end of the path counts as an empty
    /// segment.
    pub fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        match &self.expression {
            Some(expression) => expression.matches(path),
            None => self.match_segments(path),
        }
    }

    fn match_segments(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut rest = Some(path.strip_prefix('/')?);
        let mut params = Vec::new();
        // The pattern `/` has no segment, and matches the path `/` only.
        if self.segments.is_empty() {
            return (rest == Some("")).then_some(params);
        }
        for segment in &self.segments {
            let (name, value) = match segment {
                Segment::Expression(_) => return None,
                Segment::Wildcard => ("0", rest.take()?),
                Segment::Rest { name, may_be_empty } => match rest.take() {
                    None if *may_be_empty => return Some(params),
                    None => return None,
                    Some(value) if value.split('/').any(str::is_empty) => return None,
                    Some(value) => (name.as_str(), value),
                },
                Segment::Optional(name) => match rest.take() {
                    None => return Some(params),
                    Some(value) if value.is_empty() || value.contains('/') => return None,
                    Some(value) => (name.as_str(), value),
                },
                Segment::Text(text) => {
                    if decode(next(&mut rest)?) != *text {
                        return None;
                    }
                    continue;
                }
                Segment::Parameter(name) => match next(&mut rest)? {
                    "" => return None,
                    value => (name.as_str(), value),
                },
            };
            params.push((name.to_owned(), decode(value)));
        }
        rest.is_none().then_some(params)
    }

    /// The segments without the names of their parameters: if they are equal, the patterns match the
    /// same.
    pub(super) fn shape(&self) -> Vec<Segment> {
        let expression = self.expression.as_ref();
        let expression = expression.map(|one| Segment::Expression(one.regex.as_str().to_owned()));
        let segments = self.segments.iter().map(Segment::unnamed);
        segments.chain(expression).collect()
    }

    /// What decides between patterns that match the same path: the lowest one counts, and of equal
    /// ones the first. Regular expressions are equal, because they cannot be compared.
    pub(super) fn rank(&self) -> Vec<Segment> {
        let mut shape = self.shape();
        if let Some(Segment::Expression(text)) = shape.last_mut() {
            text.clear();
        }
        shape
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Expression {
    fn new(pattern: &str) -> Result<Self, String> {
        let init = UrlPatternInit {
            pathname: Some(pattern.to_owned()),
            ..UrlPatternInit::default()
        };
        let parsed: UrlPattern = UrlPattern::parse(init, UrlPatternOptions::default())
            .map_err(|error| refusal(&error))?;
        let names = parsed.pathname.group_name_list;
        if let Some(long) = names.iter().find(|name| name.len() > MAX_NAME) {
            return Err(format!(
                "has the parameter {long}: a name may have at most {MAX_NAME} bytes"
            ));
        }
        let regex = parsed.pathname.regexp.map_err(|error| refusal(&error))?;
        let bounded = RegexBuilder::new(regex.as_str())
            .size_limit(MAX_COMPILED)
            .build();
        let regex = bounded.map_err(|_| BAD_EXPRESSION.to_owned())?;
        Ok(Self { regex, names })
    }

    fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let groups = self.regex.captures(path)?;
        let values = groups.iter().skip(1).zip(&self.names);
        let params = values.filter_map(|(value, name)| {
            let value = value?.as_str();
            Some((name.clone(), decode(value)))
        });
        Some(params.collect())
    }
}

fn refusal(error: &urlpattern::Error) -> String {
    match error {
        urlpattern::Error::RegExp(()) => BAD_EXPRESSION.to_owned(),
        error => format!("is not a pattern of URLPattern: {error}"),
    }
}

/// Takes the next segment from the rest of a path.
fn next<'a>(rest: &mut Option<&'a str>) -> Option<&'a str> {
    let path = rest.take()?;
    match path.split_once('/') {
        Some((value, after)) => {
            *rest = Some(after);
            Some(value)
        }
        None => Some(path),
    }
}

/// Reads the segments of a pattern; `None` if it needs a regular expression.
fn segments(pattern: &str, count: usize) -> Option<Vec<Segment>> {
    if pattern.is_empty() {
        return Some(Vec::new());
    }
    let mut segments: Vec<Segment> = Vec::with_capacity(count);
    for (place, text) in pattern.split('/').enumerate() {
        let segment = segment(text, place + 1 == count)?;
        let name = segment.name();
        if name.is_some() && segments.iter().any(|earlier| earlier.name() == name) {
            return None;
        }
        segments.push(segment);
    }
    Some(segments)
}

fn segment(text: &str, is_last: bool) -> Option<Segment> {
    if text == "*" {
        return is_last.then_some(Segment::Wildcard);
    }
    if let Some(name) = text.strip_prefix(':') {
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || b"_$".contains(&byte);
        let length = name
            .bytes()
            .take_while(|byte| is_letter(*byte) || byte.is_ascii_digit())
            .count();
        let (name, modifier) = name.split_at(length);
        if !name.bytes().next().is_some_and(is_letter) || name.len() > MAX_NAME {
            return None;
        }
        let name = name.to_owned();
        return match modifier {
            "" => Some(Segment::Parameter(name)),
            "?" if is_last => Some(Segment::Optional(name)),
            "*" | "+" if is_last => Some(Segment::Rest {
                name,
                may_be_empty: modifier == "*",
            }),
            _ => None,
        };
    }
    let is_text = !text.contains(['*', ':', '?', '+', '(', ')', '{', '}', '\\', '#']);
    is_text.then(|| Segment::Text(decode(text)))
}

impl Segment {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Text(_) | Self::Expression(_) | Self::Wildcard => None,
            Self::Parameter(name) | Self::Optional(name) | Self::Rest { name, .. } => Some(name),
        }
    }

    fn unnamed(&self) -> Self {
        let mut unnamed = self.clone();
        match &mut unnamed {
            Self::Text(_) | Self::Expression(_) | Self::Wildcard => {}
            Self::Parameter(name) | Self::Optional(name) | Self::Rest { name, .. } => name.clear(),
        }
        unnamed
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_match_as_the_regular_expression_of_the_standard_does() {
        let patterns = [
            "/", "/a", "/a/", "/a//b", "/:x", "/a/:x", "/:x/b", "/a/:x/", "/a/*", "/*", "/a/:x?",
            "/:x?", "/a/:x*", "/:x*", "/a/:x+", "/:x+", "/:x/:y", "/:x/:y?", "/:x/:y*", "/a.b/:x",
        ];
        let paths = [
            "/", "/a", "/a/", "/a//", "/a/b", "/a/b/", "/a//b", "/b", "//", "/a/b/c", "/a/b//c",
            "/A", "/a.b/c", "/axb/c", "*", "a", "/a/b?c",
        ];
        for pattern in patterns {
            let simple = RoutePattern::new(pattern).unwrap();
            assert!(simple.expression.is_none(), "{pattern}");
            let expression = Expression::new(pattern).unwrap();
            for path in paths {
                let (found, expected) = (simple.matches(path), expression.matches(path));
                assert_eq!(found, expected, "{pattern} {path}");
            }
        }
    }

    #[test]
    fn a_regular_expression_must_be_small_and_without_look_around() {
        for (pattern, says) in [
            ("/(a{1000}{1000})", "is too large"),
            ("/:a([a-z]{9999})", "is too large"),
            ("/:x((?=a))", "look-around"),
            ("/:a/:a", "URLPattern"),
            ("/:", "URLPattern"),
            ("/a{b", "URLPattern"),
        ] {
            let refused = RoutePattern::new(pattern).unwrap_err();
            assert!(
                refused.to_lowercase().contains(&says.to_lowercase()),
                "{pattern}: {refused}"
            );
        }
    }
}
