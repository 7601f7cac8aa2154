//! Patterns of paths.
//!
//! Servers read the same path differently: some decode `%2F` before they split it, some decode twice,
//! some take `\` for `/`, some drop what follows `;`. An entry of `allow` therefore matches a path
//! only if every reading matches, an entry of `deny` if any does. A path that some server could read
//! as one with `..` in it is never allowed by a pattern, and always refused by one.

use serde::{Deserialize, Serialize};

use super::InvalidRules;

/// A path, in which `*` stands for any characters, `/` among them: `/v1/*`. The query is not part of
/// the path. Upper and lower case differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern {
    text: String,
    /// The text between the stars, as [`canonical`] writes it.
    canonical: Vec<Vec<u8>>,
    /// The same, as [`decoded`] writes it.
    decoded: Vec<Vec<u8>>,
}

/// The readings of a path.
#[derive(Debug)]
pub(super) struct Readings {
    canonical: Vec<u8>,
    /// `None` if a server could find `..` in it, or a control character.
    decoded: Option<Vec<u8>>,
    without_parameters: Vec<u8>,
}

/// How often servers decode a path at most. A path that can be decoded more often is ambiguous.
const MAX_ROUNDS: usize = 3;

impl Readings {
    /// The readings of the path of a URL, without its query.
    pub(super) fn of(path: &str) -> Self {
        let (decoded, is_stable) = decoded(path.as_bytes());
        let without_parameters = without_parameters(&decoded);
        let segments = without_parameters.split(|byte| *byte == b'/');
        let has_dots = segments
            .map(<[u8]>::trim_ascii)
            .any(|segment| segment == b"." || segment == b"..");
        let is_ambiguous = !is_stable || has_dots || decoded.iter().any(u8::is_ascii_control);
        Self {
            canonical: canonical(path.as_bytes()),
            decoded: (!is_ambiguous).then_some(decoded),
            without_parameters,
        }
    }
}

impl PathPattern {
    /// The longest pattern, in bytes.
    const MAX_LENGTH: usize = 1_024;

    /// Whether all readings match.
    pub(super) fn matches_all(&self, path: &Readings) -> bool {
        matches(&self.canonical, &path.canonical)
            && path
                .decoded
                .as_ref()
                .is_some_and(|decoded| matches(&self.decoded, decoded))
    }

    /// Whether any reading matches, or the path is ambiguous.
    pub(super) fn matches_any(&self, path: &Readings) -> bool {
        matches(&self.canonical, &path.canonical)
            || path
                .decoded
                .as_ref()
                .is_none_or(|decoded| matches(&self.decoded, decoded))
            || matches(&self.decoded, &path.without_parameters)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Decodes what is percent-encoded, except `/` and `%`.
fn canonical(path: &[u8]) -> Vec<u8> {
    decode(path, |byte| byte != b'/' && byte != b'%').0
}

/// Decodes everything, repeatedly, and writes `\` and several `/` as one `/`. Also returns whether
/// nothing is left to decode.
fn decoded(path: &[u8]) -> (Vec<u8>, bool) {
    let mut path = path.to_vec();
    let mut is_stable = false;
    for _ in 0..=MAX_ROUNDS {
        let (next, changed) = decode(&path, |_| true);
        if !changed {
            is_stable = true;
            break;
        }
        path = next;
    }
    (with_single_slashes(&path), is_stable)
}

/// Writes `\` and several `/` as one `/`.
fn with_single_slashes(path: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(path.len());
    for byte in path {
        let byte = if *byte == b'\\' { b'/' } else { *byte };
        if byte != b'/' || clean.last() != Some(&b'/') {
            clean.push(byte);
        }
    }
    clean
}

/// Removes what follows `;` in each segment.
fn without_parameters(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/').map(|segment| {
        let end = segment.iter().position(|byte| *byte == b';');
        segment
            .get(..end.unwrap_or(segment.len()))
            .unwrap_or_default()
    });
    with_single_slashes(&segments.collect::<Vec<_>>().join(&b'/'))
}

/// Decodes `%XX` where `is_decoded` says so; also returns whether there was any.
fn decode(path: &[u8], is_decoded: impl Fn(u8) -> bool) -> (Vec<u8>, bool) {
    let mut all = Vec::with_capacity(path.len());
    let (mut rest, mut changed) = (path, false);
    while let [first, after @ ..] = rest {
        if let (b'%', [high, low, behind @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            let byte = high << 4 | low;
            if is_decoded(byte) {
                all.push(byte);
                changed = true;
            } else {
                all.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
            rest = behind;
        } else {
            all.push(*first);
            rest = after;
        }
    }
    (all, changed)
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Whether `path` is made of `pieces`, with anything between them.
fn matches(pieces: &[Vec<u8>], path: &[u8]) -> bool {
    let Some((first, others)) = pieces.split_first() else {
        return false;
    };
    let Some(mut rest) = path.strip_prefix(first.as_slice()) else {
        return false;
    };
    let Some((last, between)) = others.split_last() else {
        return rest.is_empty();
    };
    for piece in between {
        if piece.is_empty() {
            continue;
        }
        let found = rest.windows(piece.len()).position(|part| part == piece);
        match found.and_then(|at| rest.get(at + piece.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl std::str::FromStr for PathPattern {
    type Err = InvalidRules;

    fn from_str(text: &str) -> Result<Self, InvalidRules> {
        let wrong = |why: &str| {
            let short: String = text.chars().take(64).collect();
            Err(InvalidRules(format!("invalid path {short:?}: {why}")))
        };
        if text.len() > Self::MAX_LENGTH {
            let most = Self::MAX_LENGTH;
            return wrong(&format!("at most {most} bytes are accepted"));
        }
        if !text.starts_with('/') {
            return wrong("it must begin with '/', as in /v1/*");
        }
        if text.contains(['?', '#']) {
            return wrong("the query is not part of the path");
        }
        if text.bytes().filter(|byte| *byte == b'*').count() > 8 {
            return wrong("at most 8 '*' are accepted");
        }
        if Readings::of(text).decoded.is_none() {
            return wrong("it contains '.' or '..' as a segment, or a control character");
        }
        let pieces = || text.split('*').map(str::as_bytes);
        Ok(Self {
            text: text.to_owned(),
            canonical: pieces().map(canonical).collect(),
            decoded: pieces().map(|piece| decoded(piece).0).collect(),
        })
    }
}

impl TryFrom<String> for PathPattern {
    type Error = InvalidRules;

    fn try_from(text: String) -> Result<Self, InvalidRules> {
        text.parse()
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.text
    }
}
